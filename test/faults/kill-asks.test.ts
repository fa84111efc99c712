/** kill -9 at random moments: every ask that was accepted is answered, once. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FoundFile } from '../../src/client/files/expand.ts'
import { ingestFiles } from '../../src/client/sync/ingest.ts'
import type { ServerMessage } from '../../src/protocol/messages.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { greeted } from '../support/raw-socket.ts'

const KILLS = 20

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

const ingest = ({ api }: TestDaemon, files: readonly FoundFile[]) =>
  ingestFiles({ api, collection: 'default', files, jobs: 4, maxFileBytes: 1e6 })

async function kill(daemon: TestDaemon): Promise<void> {
  daemon.process.kill('SIGKILL')
  await daemon.exited
}

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
    const client = await greeted(daemon)
    const asks = Array.from({ length: 6 }, (_, index) => ({
      id: randomUUID(),
      question: `Who opened station ${index} in round ${round}?`,
    }))
    for (const ask of asks) client.begin(ask.question, { id: ask.id })
    await sleep(Math.random() * 3000)
    await kill(daemon)
    await client.closed
    const of = (id: string, type: ServerMessage['type']) =>
      client.messages.some((message) => message.type === type && 'id' in message && message.id === id)
    for (const ask of asks) if (of(ask.id, 'accepted')) accepted.push({ ...ask, done: of(ask.id, 'done') })
  }
  expect(accepted.length).toBeGreaterThan(0)

  await using daemon = await startTestDaemon({ dataDir })
  await using client = await greeted(daemon)
  for (const { id, question, done } of accepted) {
    const { events, last } = await client.ask(question, { id })
    expect(last, question).toMatchObject({ type: 'done' })
    // What was complete before the kill is the same answer, not a second attempt.
    if (done) expect(events[0]).toMatchObject({ type: 'accepted', epoch: 1 })
  }
  console.log(
    `${accepted.length} accepted, ${accepted.filter(({ done }) => done).length} complete before their kill, all answered`,
  )
})
