/** kill -9 at random moments: nothing accepted is lost, nothing is there twice, nothing needs repair. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FoundFile } from '../../src/client/files.ts'
import { ingestFiles } from '../../src/client/ingest.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import type { ServerMessage } from '../../src/protocol/messages.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { greeted } from '../support/raw-socket.ts'

const KILLS = 20
const FILES = 500

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatbot-faults-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function sources(count: number): FoundFile[] {
  const dir = join(folder, 'sources')
  mkdirSync(dir)
  return Array.from({ length: count }, (_, index) => {
    const path = join(dir, `file-${index}.md`)
    writeFileSync(
      path,
      `# Station ${index}\n\nStation ${index} was opened in ${1800 + index} by engineer number ${index}.\n\n## Track\n\nIts track is ${index} metres long and crosses ${index % 7} bridges.\n`,
    )
    return { path, uri: `sources/file-${index}.md` }
  })
}

const ingest = (daemon: TestDaemon, files: readonly FoundFile[], onIndexed = () => {}) =>
  ingestFiles({
    api: daemon.api,
    collection: 'default',
    files,
    jobs: 4,
    maxFileBytes: 1e6,
    wait: async () => {},
    onResult: ({ status }) => {
      if (status === 'indexed') onIndexed()
    },
  })

async function kill(daemon: TestDaemon): Promise<void> {
  daemon.process.kill('SIGKILL')
  await daemon.exited
}

test(`${KILLS} kills during an ingest of ${FILES} files`, async () => {
  const files = sources(FILES)
  const dataDir = join(folder, 'data')
  const acknowledged = new Map<string, string>()
  for (let round = 0; round < KILLS; round += 1) {
    const daemon = await startTestDaemon({ dataDir })
    // After some results, and at a random moment of the work on the next ones.
    let left = Math.floor(Math.random() * 40)
    const some = Promise.withResolvers<void>()
    const running = ingest(daemon, files, () => {
      left -= 1
      if (left < 0) some.resolve()
    })
    await Promise.race([some.promise, running])
    await sleep(Math.random() * 500)
    await kill(daemon)
    for (const result of (await running).results) {
      if (result.status === 'indexed') acknowledged.set(result.uri, result.document)
    }
  }

  await using daemon = await startTestDaemon({ dataDir })
  const documents = async () => (await daemon.api.call('listDocuments', { query: { limit: 1000 } })).documents
  const kept = new Map((await documents()).map(({ uri, id }) => [uri, id]))
  for (const [uri, id] of acknowledged) expect(kept.get(uri), uri).toBe(id)

  const rerun = await ingest(daemon, files)
  expect(rerun.results.map(({ status }) => status).filter((status) => status === 'failed')).toEqual([])
  const after = await documents()
  expect(after.map(({ uri }) => uri).toSorted()).toEqual(files.map(({ uri }) => uri).toSorted())
  expect(after.every(({ chunks }) => chunks > 0)).toBe(true)
  const [generation] = (await daemon.api.call('listIndex', {})).generations
  expect(generation).toMatchObject({
    documents: FILES,
    chunks: after.reduce((sum, { chunks }) => sum + chunks, 0),
  })
  expect((await ingest(daemon, files)).results.every(({ status }) => status === 'unchanged')).toBe(true)
  console.log(`acknowledged before the last kill: ${acknowledged.size} of ${FILES}, all kept`)
})

test(`${KILLS} kills during asks: each accepted one is answered when it is asked for again`, async () => {
  const dataDir = join(folder, 'data')
  const files = sources(50)
  {
    await using daemon = await startTestDaemon({ dataDir })
    await ingest(daemon, files)
  }
  const accepted: { id: string; question: string; done: boolean }[] = []
  for (let round = 0; round < KILLS; round += 1) {
    const daemon = await startTestDaemon({ dataDir })
    const client = await greeted(runtimePaths(dataDir).socket)
    const asks = Array.from({ length: 6 }, (_, index) => ({
      id: randomUUID(),
      question: `Who opened station ${index} in round ${round}?`,
    }))
    for (const ask of asks) client.send({ type: 'ask', ...ask })
    await sleep(Math.random() * 3000)
    await kill(daemon)
    await client.closed
    const of = (id: string, type: ServerMessage['type']) =>
      client.messages.some((message) => message.type === type && 'id' in message && message.id === id)
    for (const ask of asks) if (of(ask.id, 'accepted')) accepted.push({ ...ask, done: of(ask.id, 'done') })
  }
  expect(accepted.length).toBeGreaterThan(0)

  await using _daemon = await startTestDaemon({ dataDir })
  await using client = await greeted(runtimePaths(dataDir).socket)
  for (const { id, question, done } of accepted) {
    client.send({ type: 'ask', id, question })
    const events = await client.events(id)
    expect(events.at(-1), question).toMatchObject({ type: 'done' })
    // What was complete before the kill is the same answer, not a second attempt.
    if (done) expect(events[0]).toMatchObject({ type: 'accepted', epoch: 1 })
  }
  console.log(
    `${accepted.length} accepted, ${accepted.filter(({ done }) => done).length} complete before their kill, all answered`,
  )
})
