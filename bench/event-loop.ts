/**
 * Delay of the server's event loop while it ingests: many small files, then one large one, with questions asked
 * meanwhile. Prints p99 and the longest delay of each part; the aim is a p99 below 20 ms.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerOf } from '../src/client/client.ts'
import { connect } from '../src/client/socket/connect.ts'
import { ingestFiles } from '../src/client/sync/ingest.ts'
import { packageRoot } from '../src/config/package-root.ts'
import { version } from '../src/config/version.ts'
import { startTestDaemon } from '../test/support/daemon.ts'

const LARGE_CHARACTERS = 1_000_000

const folder = mkdtempSync(join(tmpdir(), 'chatbot-bench-'))
try {
  await using daemon = await startTestDaemon()
  await using chat = await connect(daemon.local, { version })
  const paragraphs = examples()
  const rows = [
    await part(`${paragraphs.length} files`, paragraphs),
    await part(`one file of ${LARGE_CHARACTERS / 1e6} million characters`, [repeated(paragraphs)]),
  ]
  console.log(
    [
      '| ingest of | seconds | chunks/s | questions meanwhile | p99 delay, ms | longest, ms |',
      '|---|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
  )

  async function part(name: string, texts: readonly string[]): Promise<string> {
    const files = texts.map((text, index) => {
      const uri = `${name}/${index}.md`
      const path = join(folder, uri)
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(path, text)
      return { path, uri }
    })
    await daemon.api.call('status', { query: { resetDelay: 'true' } })
    const started = performance.now()
    let ingesting = true
    const run = ingestFiles({
      api: daemon.api,
      collection: 'bench',
      files,
      jobs: 4,
      maxFileBytes: 1e8,
    }).finally(() => {
      ingesting = false
    })
    let questions = 0
    while (ingesting) {
      await answerOf(
        chat.ask({ question: `How many points did the Panthers surrender in season ${questions}?` }),
      )
      questions += 1
    }
    const { results, stopped } = await run
    if (stopped !== undefined) throw stopped
    const seconds = (performance.now() - started) / 1000
    const chunks = results.reduce((sum, result) => sum + (result.status === 'indexed' ? result.chunks : 0), 0)
    const { eventLoopDelayMs } = await daemon.api.call('status', {})
    return `| ${name} | ${seconds.toFixed(1)} | ${(chunks / seconds).toFixed(0)} | ${questions} | ${eventLoopDelayMs.p99} | ${eventLoopDelayMs.max} |`
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function examples(): string[] {
  const dir = join(packageRoot(), 'examples', 'xquad')
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => readFileSync(join(dir, name), 'utf8'))
}

function repeated(texts: readonly string[]): string {
  const parts: string[] = []
  for (let length = 0, index = 0; length < LARGE_CHARACTERS; index += 1) {
    const text = `## Part ${index}\n\n${texts[index % texts.length] ?? ''}`
    parts.push(text)
    length += text.length
  }
  return parts.join('\n\n')
}
