/** An upload without a run: what its client hears when something ends while it waits, and what becomes of its document. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hashFile } from '../../src/client/sync/hash.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { createDatabase } from '../support/database.ts'
import { DIMENSIONS, type EmbeddingServer, embeddingServer, refusing } from '../support/embedding-server.ts'
import { describePostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 })

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

async function upload({ api }: TestDaemon, uri: string, text: string, signal?: AbortSignal) {
  const path = join(folder, uri)
  writeFileSync(path, text)
  await api.call('createCollection', { body: { name: 'docs' } }).catch(() => undefined)
  return api.upload({ collection: 'docs', uri, path, ...(await hashFile(path)) }, { signal })
}

/** From now on nothing is embedded; resolves with the first request. */
function held(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  endpoint.always = () => resolve()
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
  beforeEach(async () => {
    storage = await open()
  })
  afterEach(async () => {
    released()
    await storage.drop()
  })

  it('is indexed when it is answered, and no job is left', async () => {
    await using daemon = await storage.start()
    const first = await upload(daemon, 'a.md', 'The harbour opens at seven.')
    expect(first).toMatchObject({ status: 'indexed', document: { uri: 'a.md', chunks: 1, warnings: [] } })
    expect(await upload(daemon, 'a.md', 'The harbour opens at seven.')).toEqual({
      ...first,
      status: 'unchanged',
    })
    expect(await jobsOf(daemon)).toEqual([])
    const { collections } = await daemon.api.call('listCollections', {})
    expect(collections).toMatchObject([{ name: 'docs', revision: 1, documents: 1 }])
  })

  it('hears at once that the embedder fails, and nothing is kept', async () => {
    await using daemon = await storage.start()
    endpoint.always = refusing(401)
    await expect(upload(daemon, 'a.md', 'The harbour opens at seven.')).rejects.toMatchObject({
      code: 'engine_unauthenticated',
    })
    endpoint.always = refusing(429, { 'retry-after': '0.1' })
    await expect(upload(daemon, 'a.md', 'The harbour opens at seven.')).rejects.toMatchObject({
      code: 'engine_rate_limited',
    })
    expect(await urisOf(daemon)).toEqual([])
    expect(await jobsOf(daemon)).toEqual([])
  })

  it('goes on when its client goes, once it is staged', async () => {
    await using daemon = await storage.start()
    const client = new AbortController()
    const asked = held()
    const uploaded = upload(daemon, 'a.md', 'The harbour opens at seven.', client.signal)
    uploaded.catch(() => undefined)
    await asked
    expect(await jobsOf(daemon)).toMatchObject([{ state: 'running', documents: 1 }])
    client.abort()
    await expect(uploaded).rejects.toThrow()
    // Uploaded again it is the later upload that counts.
    released()
    expect(await upload(daemon, 'a.md', 'The harbour opens at eight.')).toMatchObject({ status: 'indexed' })
    const { text } = await daemon.api.call('getDocumentText', { params: { reference: 'a.md' }, query: {} })
    expect(text).toBe('The harbour opens at eight.')
  })

  it.each(['SIGKILL', 'SIGTERM'] as const)('is finished by the next daemon after a %s', async (signal) => {
    const first = await storage.start()
    const asked = held()
    const uploaded = upload(first, 'a.md', 'The harbour opens at seven.')
    uploaded.catch(() => undefined)
    await asked
    first.process.kill(signal)
    await expect(uploaded).rejects.toMatchObject({
      code: signal === 'SIGTERM' ? 'draining' : 'daemon_unreachable',
    })
    await first.exited
    released()
    await using second = await storage.start()
    await jobsEnd(second)
    expect(await urisOf(second)).toEqual(['a.md'])
    expect(await upload(second, 'a.md', 'The harbour opens at seven.')).toMatchObject({ status: 'unchanged' })
    await first[Symbol.asyncDispose]()
  })
}

describe('a single upload on PGlite', () => suite(onPglite))
describePostgres('a single upload on PostgreSQL', () => {
  suite(onPostgres)

  it('is finished by another daemon when its own is killed', async () => {
    const storage = await onPostgres()
    try {
      const first = await storage.start()
      await using second = await storage.start()
      const asked = held()
      const uploaded = upload(first, 'a.md', 'The harbour opens at seven.')
      uploaded.catch(() => undefined)
      await asked
      first.process.kill('SIGKILL')
      await expect(uploaded).rejects.toMatchObject({ code: 'daemon_unreachable' })
      released()
      await jobsEnd(second)
      expect(await urisOf(second)).toEqual(['a.md'])
      await first[Symbol.asyncDispose]()
    } finally {
      released()
      await storage.drop()
    }
  })
})
