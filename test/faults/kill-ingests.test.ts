/** A daemon that dies in the middle of an ingest: the next one, or the other one, goes on with what was accepted. */
import { expect, it, vi } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { faultProxy } from '../support/fault-proxy.ts'
import { describePostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { upload } from '../support/upload.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

const FILES = 5
/** Uploads files of some 40 chunks for a run that is sealed. */
async function uploaded(daemon: TestDaemon): Promise<string> {
  const { api } = daemon
  const { id: job } = await api.call('createJob', { params: { name: 'docs' } })
  for (let file = 0; file < FILES; file += 1) {
    const sections = Array.from({ length: 20 }, (_, index) => section(file, index))
    const reply = await upload(daemon, 'docs', `${file}.md`, sections.join('\n\n'), { job })
    expect(reply).toEqual({ status: 'staged', job })
  }
  await api.call('sealJob', { params: { id: job } })
  return job
}

const section = (file: number, index: number): string =>
  `## Station ${file}.${index}\n\n${`Station ${file}.${index} has ${index} tracks and stands in district ${file}. `.repeat(8)}`

const jobOf = ({ api }: TestDaemon, id: string) => api.call('getJob', { params: { id } })

/** When something is embedded and something is not. */
async function atWork(daemon: TestDaemon, job: string): Promise<void> {
  const { state } = await until(async () => {
    const found = await jobOf(daemon, job)
    return found.embedded > 0 ? found : undefined
  })
  expect(state).toBe('running')
}

async function killedAtWork(daemon: TestDaemon, job: string): Promise<void> {
  await atWork(daemon, job)
  daemon.process.kill('SIGKILL')
  await daemon.exited
}

async function expectComplete(daemon: TestDaemon, job: string): Promise<void> {
  const done = await until(async () => {
    const found = await jobOf(daemon, job)
    return found.state === 'running' ? undefined : found
  })
  expect(done).toMatchObject({ state: 'done', documents: FILES, indexed: FILES, failed: 0 })
  // Nothing was done twice, but what the killed daemon had not kept.
  expect(done.embedded + done.reused).toBe(done.chunks)
  const { documents } = await daemon.api.call('listDocuments', { query: { limit: 100 } })
  expect(documents).toHaveLength(FILES)
  const { generations } = await daemon.api.call('listIndex', {})
  expect(generations).toMatchObject([{ documents: FILES, chunks: done.chunks }])
}

it('an ingest whose daemon is killed goes on when the daemon starts again', async () => {
  await using first = await startTestDaemon()
  const job = await uploaded(first)
  await killedAtWork(first, job)
  await using second = await startTestDaemon({ dataDir: first.dataDir })
  await expectComplete(second, job)
})

describePostgres('an ingest of several daemons', () => {
  it('whose daemon is killed is taken over by another one', async () => {
    const { connectionString, drop } = await createDatabase()
    try {
      const env = { DATABASE_URL: connectionString }
      const first = await startTestDaemon({ env })
      await using second = await startTestDaemon({ env })
      const job = await uploaded(first)
      await killedAtWork(first, job)
      await expectComplete(second, job)
      await first[Symbol.asyncDispose]()
    } finally {
      await drop()
    }
  })

  it('goes on when the database that was gone is back', async () => {
    const { connectionString, drop } = await createDatabase()
    try {
      await using proxy = await faultProxy({ url: connectionString })
      await using daemon = await startTestDaemon({ env: { DATABASE_URL: proxy.url } })
      const job = await uploaded(daemon)
      await atWork(daemon, job)
      proxy.down()
      await expect(jobOf(daemon, job)).rejects.toMatchObject({ code: 'database_unreachable' })
      proxy.heal()
      await expectComplete(daemon, job)
    } finally {
      await drop()
    }
  })
})
