/** An upload without a run: what its client hears when something ends while it waits, and what becomes of its document. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { DIMENSIONS, type EmbeddingServer, embeddingServer, refusing } from '../support/embedding-server.ts'
import { describePostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { upload as uploadTo } from '../support/upload.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let folder: string
let endpoint: EmbeddingServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chatbot-single-'))
  endpoint = await embeddingServer()
})
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface Storage {
  /** A daemon on it. */
  start: () => Promise<TestDaemon>
  drop: () => Promise<void>
}

const environment = () => ({
  CHATBOT_EMBEDDER_MODEL: 'cloud',
  CHATBOT_EMBEDDERS_CLOUD_BASE_URL: endpoint.baseUrl,
  CHATBOT_EMBEDDERS_CLOUD_MODEL: 'text-embed',
  CHATBOT_EMBEDDERS_CLOUD_DIMENSIONS: String(DIMENSIONS),
})

async function onPglite(): Promise<Storage> {
  const dataDir = mkdtempSync(join(folder, 'data-'))
  return { start: () => startTestDaemon({ dataDir, env: environment() }), drop: async () => {} }
}

async function onPostgres(): Promise<Storage> {
  const { connectionString, drop } = await createDatabase()
  return { start: () => startTestDaemon({ env: { ...environment(), DATABASE_URL: connectionString } }), drop }
}

const upload = (daemon: TestDaemon, uri: string, text: string, signal?: AbortSignal) =>
  uploadTo(daemon, 'docs', uri, text, { signal })

/** From now on nothing is embedded. Resolves with the first request, as what lets it end after all. */
function held(): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<() => void>()
  endpoint.always = (response) => resolve(() => refusing(503)(response))
  return promise
}

const released = () => {
  endpoint.always = undefined
}

const urisOf = async ({ api }: TestDaemon) =>
  (await api.call('listDocuments', { query: { limit: 100 } })).documents.map(({ uri }) => uri)

const jobsOf = async ({ api }: TestDaemon) => (await api.call('listJobs', { query: { limit: 100 } })).jobs

const jobsEnd = (daemon: TestDaemon) =>
  until(async () => ((await jobsOf(daemon)).every(({ state }) => state !== 'running') ? true : undefined))

function suite(open: () => Promise<Storage>): void {
  let storage: Storage
  let daemon: TestDaemon
  beforeAll(async () => {
    storage = await open()
    daemon = await storage.start()
  })
  afterEach(released)
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]()
    await storage.drop()
  })

  it('is indexed when it is answered, and no job is left', async () => {
    const first = await upload(daemon, 'a.md', 'The harbour opens at seven.')
    expect(first).toMatchObject({ status: 'indexed', document: { uri: 'a.md', chunks: 1, warnings: [] } })
    const again = await upload(daemon, 'a.md', 'The harbour opens at seven.')
    expect(again).toEqual({ ...first, status: 'unchanged' })
    expect(await jobsOf(daemon)).toEqual([])
    const { collections } = await daemon.api.call('listCollections', {})
    expect(collections).toMatchObject([{ name: 'docs', revision: 1, documents: 1 }])
  })

  it('hears at once that the embedder fails, and nothing is kept', async () => {
    endpoint.always = refusing(401)
    await expect(upload(daemon, 'refused.md', 'The harbour opens at ten.')).rejects.toMatchObject({
      code: 'engine_unauthenticated',
    })
    endpoint.always = refusing(429, { 'retry-after': '0.1' })
    await expect(upload(daemon, 'refused.md', 'The harbour opens at ten.')).rejects.toMatchObject({
      code: 'engine_rate_limited',
    })
    expect(await urisOf(daemon)).toEqual(['a.md'])
    expect(await jobsOf(daemon)).toEqual([])
  })

  it('goes on when its client goes, once it is staged', async () => {
    const client = new AbortController()
    const asked = held()
    const uploaded = upload(daemon, 'left.md', 'The harbour closes at seven.', client.signal)
    uploaded.catch(() => undefined)
    const answer = await asked
    expect(await jobsOf(daemon)).toMatchObject([{ state: 'running', documents: 1 }])
    client.abort()
    await expect(uploaded).rejects.toThrow()
    released()
    answer()
    await until(async () => ((await jobsOf(daemon)).length === 0 ? true : undefined))
    expect(await urisOf(daemon)).toEqual(['a.md', 'left.md'])
    const again = await upload(daemon, 'left.md', 'The harbour closes at seven.')
    expect(again).toMatchObject({ status: 'unchanged' })
  })

  it.each([
    ['SIGKILL', 'daemon_unreachable'],
    ['SIGTERM', 'draining'],
  ] as const)('is finished by the next daemon after a %s', async (signal, code) => {
    await endedBy(signal, code, daemon)
    daemon = await storage.start()
    await jobsEnd(daemon)
    expect(await urisOf(daemon)).toContain(`${signal}.md`)
    expect(await upload(daemon, `${signal}.md`, signal)).toMatchObject({ status: 'unchanged' })
  })
}

/** While it waits for the vectors of an upload. */
async function endedBy(signal: 'SIGKILL' | 'SIGTERM', code: string, daemon: TestDaemon): Promise<void> {
  const asked = held()
  const uploaded = upload(daemon, `${signal}.md`, signal)
  uploaded.catch(() => undefined)
  await asked
  daemon.process.kill(signal)
  await expect(uploaded).rejects.toMatchObject({ code })
  await daemon[Symbol.asyncDispose]()
  await daemon.exited
  released()
}

describe('a single upload on PGlite', () => suite(onPglite))
describePostgres('a single upload on PostgreSQL', () => {
  suite(onPostgres)

  it('is finished by another daemon when its own is killed', async () => {
    const storage = await onPostgres()
    try {
      const first = await storage.start()
      await using second = await storage.start()
      await endedBy('SIGKILL', 'daemon_unreachable', first)
      await jobsEnd(second)
      expect(await urisOf(second)).toEqual(['SIGKILL.md'])
    } finally {
      await storage.drop()
    }
  })
})
