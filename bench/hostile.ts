/**
 * Files made to harm, fed to a running daemon four at a time among good ones. Prints how each ended and after how
 * long, the daemon's peak of resident memory, and that of each of its parser processes (Linux).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ingestFiles } from '../src/client/sync/ingest.ts'
import { startTestDaemon } from '../test/support/daemon.ts'
import { HOSTILE_FILES } from '../test/support/hostile-files.ts'

const WATCH_MS = 100

const folder = mkdtempSync(join(tmpdir(), 'chatbot-bench-'))
try {
  await using daemon = await startTestDaemon()
  const pid = daemon.process.pid ?? 0
  const before = residentMegabytes(pid)
  const peaks = { parser: 0 }
  const watch = setInterval(() => {
    for (const child of parsersOf(pid)) peaks.parser = Math.max(peaks.parser, residentMegabytes(child))
  }, WATCH_MS)
  const rows: string[] = []
  let wrong = 0
  const files = HOSTILE_FILES.flatMap(({ name, bytes }, i) => [
    written(name, bytes()),
    written(`good-${i}.md`, `# Good file ${i}\n\nIt is read, whatever its neighbours do.\n`),
  ])
  const started = performance.now()
  const { results, stopped } = await ingestFiles({
    api: daemon.api,
    collection: 'hostile',
    files,
    jobs: 4,
    maxFileBytes: 1e8,
    onResult(result) {
      const ended = result.status === 'failed' ? result.code : 'ok'
      const expected = HOSTILE_FILES.find(({ name }) => name === result.uri)?.ends ?? ['ok']
      if (!expected.includes(ended)) wrong++
      if (!result.uri.startsWith('good'))
        rows.push(`| ${result.uri} | ${ended} | ${((performance.now() - started) / 1000).toFixed(1)} |`)
    },
  })
  clearInterval(watch)
  const { documents } = await daemon.api.call('listDocuments', { query: { collection: 'hostile' } })
  console.log(['| file | ended with | done after, s |', '|---|---|---|', ...rows].join('\n'))
  console.log(`
| what | |
|---|---|
| files fed, hostile and good | ${results.length} of ${files.length} |
| ended otherwise than expected | ${wrong} |
| indexed | ${documents.length} |
| daemon's memory before, MB | ${before} |
| daemon's peak, MB | ${peakMegabytes(pid)} |
| a parser process's peak, MB (limit 1024) | ${peaks.parser} |`)
  if (stopped !== undefined || wrong > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function written(uri: string, content: Buffer | string): { path: string; uri: string } {
  const path = join(folder, uri)
  writeFileSync(path, content)
  return { path, uri }
}

function residentMegabytes(pid: number): number {
  return statusMegabytes(pid, 'VmRSS')
}

/** The kernel's own high-water mark. */
function peakMegabytes(pid: number): number {
  return statusMegabytes(pid, 'VmHWM')
}

function statusMegabytes(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}

function parsersOf(parent: number): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return []
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent ? [Number(name)] : []
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}
