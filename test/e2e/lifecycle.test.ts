import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type Workspace, workspace } from '../support/cli.ts'

/** Each test has its own data directory, and so its own daemon. */
let space: Workspace
beforeEach(async () => {
  space = await workspace()
})
afterEach(() => space[Symbol.asyncDispose]())

const owner = z.object({ pid: z.int() })
const runningPid = async (at = space) => owner.parse((await at.json(['status'])).document).pid

test('start, again, restart, stop', { timeout: 240_000 }, async () => {
  const started = await space.json(['start'])
  expect(started).toMatchObject({ code: 0, document: { started: true } })
  const { pid } = owner.parse(started.document)
  expect(await space.json(['start'])).toMatchObject({ code: 0, document: { started: false, pid } })
  const restarted = await space.json(['restart'])
  expect(restarted).toMatchObject({ code: 0, document: { stopped: pid } })
  expect(owner.parse(restarted.document).pid).not.toBe(pid)
  expect((await space.json(['stop'])).document).toMatchObject({ stopped: true })
  expect((await space.json(['status'])).code).toBe(5)
})

test('two commands at once start one daemon, also on a new machine', { timeout: 240_000 }, async () => {
  await using fresh = await workspace({ database: 'none' })
  const both = await Promise.all([fresh.json(['collections', 'list']), fresh.json(['documents', 'list'])])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  const pid = await runningPid(fresh)
  expect((await fresh.json(['collections', 'list'])).code).toBe(0)
  expect(await runningPid(fresh)).toBe(pid)
})

test('the usual port being taken keeps no command from its daemon', { timeout: 240_000 }, async () => {
  const other = createServer().listen(7474, '127.0.0.1')
  // Taken already is as good.
  await new Promise((resolve) => other.once('listening', resolve).once('error', resolve))
  delete space.env.CHATBOT_SERVER_PORT
  expect((await space.run(['collections', 'list'])).code).toBe(0)
  const { document } = await space.json(['status'])
  const { listen } = z.object({ listen: z.string() }).parse(document)
  expect(listen).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(listen).not.toContain(':7474')
  await new Promise((resolve) => other.close(resolve))
})

test('after kill -9 the next command starts another and finds what was stored', {
  timeout: 240_000,
}, async () => {
  space.write({ 'tea.md': '# Tea\n\nTea is drunk at five.\n' })
  expect((await space.run(['ingest', 'tea.md'])).code).toBe(0)
  process.kill(await runningPid(), 'SIGKILL')
  const { code, stdout, stderr } = await space.run(['ask', 'When is tea drunk?'])
  expect(stderr).toContain('Starting the daemon')
  expect(stdout).toContain('at five')
  expect(code).toBe(0)
})

test('in the foreground it logs to stdout and ends on SIGTERM', { timeout: 240_000 }, async () => {
  const { child, finished, seen } = space.start(['start', '--foreground'])
  await seen(/daemon ready/)
  expect((await space.json(['status'])).document).toMatchObject({ running: true })
  const second = await space.run(['start', '--foreground'])
  expect(second.code).toBe(1)
  expect(second.stderr).toContain(`pid ${child.pid}`)
  child.kill('SIGTERM')
  expect(await finished).toMatchObject({ code: 0, signal: null })
})

test('a port that is taken', { timeout: 240_000 }, async () => {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const result = await space.run(['start'], { env: { CHATBOT_SERVER_PORT: String(port) } })
  server.close()
  expect(result.code).toBe(1)
  expect(result.stderr).toMatch(new RegExp(`^Error: Port ${port} .*CHATBOT_SERVER_PORT`, 'm'))
})

test('a data directory that cannot be one; doctor says so too', { timeout: 240_000 }, async () => {
  const dataDir = join(space.dir, 'a-file')
  writeFileSync(dataDir, '')
  const env = { CHATBOT_DATA_DIR: dataDir }
  const { code, stderr } = await space.run(['collections', 'list'], { env })
  expect(code).toBe(3)
  expect(stderr).toContain(dataDir)
  expect(stderr).not.toMatch(/^ +at /m)
  const doctor = await space.run(['doctor'], { env })
  expect(doctor.code).toBe(1)
  expect(doctor.stdout).toContain('✗ Data directory')
  expect(doctor.stdout).toContain('✗ Daemon')
})

test('a data directory without rights', { timeout: 240_000 }, async ({ skip }) => {
  skip(process.getuid?.() === 0, 'root may write everywhere')
  const parent = join(space.dir, 'locked')
  space.write({ 'locked/x': '' })
  chmodSync(parent, 0o500)
  const { code, stderr } = await space.run(['start'], { env: { CHATBOT_DATA_DIR: join(parent, 'data') } })
  chmodSync(parent, 0o700)
  expect(code).toBe(3)
  expect(stderr).toContain('permissions')
})

test('Ctrl-C ends an ingest: what is complete stays, and a rerun goes on', { timeout: 240_000 }, async () => {
  await space.run(['start'])
  const names = Array.from({ length: 120 }, (_, index) => `docs/${String(index).padStart(3, '0')}.md`)
  const paragraph = 'The lighthouse keeper writes the weather into a book every hour of the night. '
  space.write(Object.fromEntries(names.map((name) => [name, `# ${name}\n\n${paragraph.repeat(8)}\n`])))
  const { child, finished, seen } = space.start(['ingest', 'docs', '--verbose', '--jobs', '1'])
  await seen(/docs\/000\.md: indexed/)
  child.kill('SIGINT')
  const { code, stdout, stderr } = await finished
  expect(code).toBe(130)
  expect(stderr).toContain('Stopping')
  expect(stdout).toMatch(/^\d+ files? indexed/)
  const done = Number(/^\d+/.exec(stdout)?.[0])
  expect(done).toBeGreaterThan(0)
  expect(done).toBeLessThan(120)
  const { jobs } = z
    .object({ jobs: z.array(z.object({ state: z.string() })) })
    .parse((await space.json(['jobs', 'list'])).document)
  expect(jobs).toMatchObject([{ state: 'cancelled' }])
  const rerun = z
    .object({ totals: z.object({ indexed: z.int(), unchanged: z.int(), failed: z.int() }) })
    .parse((await space.json(['ingest', ...names.slice(0, done + 5)])).document).totals
  expect(rerun.failed).toBe(0)
  expect(rerun.indexed + rerun.unchanged).toBe(done + 5)
  expect(rerun.unchanged).toBeGreaterThan(0)
})

test('a detached ingest outlives its terminal, and tells how far it is', { timeout: 240_000 }, async () => {
  await space.run(['start'])
  const names = Array.from({ length: 40 }, (_, index) => `docs/${String(index).padStart(3, '0')}.md`)
  const paragraph = 'The lighthouse keeper writes the weather into a book every hour of the night. '
  space.write(Object.fromEntries(names.map((name) => [name, `# ${name}\n\n${paragraph.repeat(8)}\n`])))
  const { child, finished, seen } = space.start(['ingest', 'docs', '--detach', '--verbose', '--jobs', '1'])
  await seen(/docs\/000\.md: staged/)
  child.kill('SIGHUP')
  const { code, stdout } = await finished
  expect(code).toBe(0)
  const id = /jobs show (\w+)/.exec(stdout)?.[1] ?? ''
  const followed = await space.run(['jobs', 'show', id, '--follow'])
  expect(followed.code).toBe(0)
  expect(followed.stdout).toMatch(/State\s+done/)
  expect(followed.stdout).toContain('40 of 40 documents')
  expect((await space.json(['ingest', 'docs'])).document).toMatchObject({ totals: { unchanged: 40 } })
})

test('a document larger than allowed is refused, the others are taken', { timeout: 240_000 }, async () => {
  space.write({ 'large.txt': Buffer.alloc(200_000, 'word '), 'small.txt': 'Small is beautiful.\n' })
  const env = { CHATBOT_INGEST_MAX_FILE_BYTES: '100000' }
  const { code, document } = await space.json(['ingest', 'large.txt', 'small.txt'], { env })
  expect(code).toBe(8)
  expect(document).toMatchObject({
    files: [{ status: 'failed', code: 'document_too_large' }, { status: 'indexed' }],
  })
})

test('what the daemon refuses in the middle of an upload is heard, and keeps nothing open', {
  timeout: 240_000,
}, async () => {
  await space.run(['start'], {
    env: { CHATBOT_INGEST_MAX_FILE_BYTES: '100000', CHATBOT_SERVER_DRAIN_MS: '60000' },
  })
  space.write({ 'large.txt': Buffer.alloc(20_000_000, 'word '), 'small.txt': 'Small is beautiful.\n' })
  const { code, document } = await space.json(['ingest', 'large.txt', 'small.txt'])
  expect(code).toBe(8)
  expect(document).toMatchObject({
    files: [{ status: 'failed', code: 'document_too_large' }, { status: 'indexed' }],
  })
  expect((await space.json(['stop'])).document).toMatchObject({ stopped: true })
})

test('where there is no terminal, nothing waits for one', { timeout: 240_000 }, async () => {
  await using fresh = await workspace({ database: 'none' })
  expect((await fresh.run(['chat'])).code).toBe(2)
  expect(existsSync(fresh.dataDir)).toBe(false)
})
