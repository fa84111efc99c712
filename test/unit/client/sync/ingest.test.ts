import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RouteResponse } from '../../../../src/api/routes.ts'
import { apiClient } from '../../../../src/client/api.ts'
import type { FoundFile } from '../../../../src/client/files/expand.ts'
import { pause } from '../../../../src/client/pause.ts'
import { type IngestOptions, ingestFiles } from '../../../../src/client/sync/ingest.ts'
import type { ErrorCode } from '../../../../src/domain/errors.ts'

type Upload = (uri: string, response: ServerResponse, attempt: number) => void

/** A real HTTP server that needs every file whose name does not begin with `old`, and indexes what it accepts. */
async function daemon(upload: Upload, job: Partial<Job> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'ingest-'))
  const socketPath = join(dir, 'd.sock')
  const attempts = new Map<string, number>()
  const manifests: string[][] = []
  const accepted: string[] = []
  let state: Job['state'] = 'running'
  let cancelled = false
  const server = createServer(async (request, response) => {
    response.setHeader('x-chatbot-version', '1.0.0')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://d')
    const reply = (content: object) => response.end(JSON.stringify(content))
    if (pathname.endsWith('/manifest')) {
      const { files } = JSON.parse(Buffer.concat(chunks).toString())
      const uris = files.map(({ uri }: { uri: string }) => uri)
      manifests.push(uris)
      const staged = uris.filter((uri: string) => uri.startsWith('staged'))
      const needed = uris.filter((uri: string) => !/^(?:old|staged)/.test(uri))
      reply({ needed, changed: [], staged: staged.map((uri: string) => ({ uri, job: 'job-0' })) })
    } else if (request.method === 'PUT') {
      const uri = searchParams.get('uri') ?? ''
      const attempt = (attempts.get(uri) ?? 0) + 1
      attempts.set(uri, attempt)
      response.once('finish', () => response.statusCode === 200 && accepted.push(uri))
      upload(uri, response, attempt)
    } else if (pathname.endsWith('/jobs/job-1/documents')) {
      const after = Number(searchParams.get('after') ?? 0)
      const documents = accepted.map((uri, index) => ({
        ...indexed(uri, index),
        ...(uri.startsWith('slow') ? { state: cancelled ? 'cancelled' : 'staged' } : {}),
      }))
      reply({ documents: documents.filter(({ id }) => id > after) })
    } else {
      if (pathname.endsWith('/seal')) state = 'done'
      if (pathname.endsWith('/cancel')) state = 'cancelled'
      cancelled ||= state === 'cancelled'
      reply({ ...JOB, state, ...(cancelled ? {} : job) })
    }
  })
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve)
  })
  const api = apiClient({ kind: 'local', socketPath }, { version: '1.0.0' })
  const files = (...names: readonly string[]): FoundFile[] =>
    names.map((uri) => {
      const path = join(dir, uri)
      writeFileSync(path, uri)
      return { path, uri }
    })
  return {
    manifests,
    attempts,
    accepted,
    cancelled: () => cancelled,
    files,
    run: (found: readonly FoundFile[], options: Partial<IngestOptions> = {}) =>
      ingestFiles({
        api,
        collection: 'docs',
        files: found,
        jobs: 2,
        maxFileBytes: 1000,
        wait: pause,
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      api.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

type Job = RouteResponse<'getJob'>

const JOB: Job = {
  id: 'job-1',
  kind: 'ingest',
  collection: 'docs',
  state: 'running',
  sealed: false,
  documents: 0,
  indexed: 0,
  failed: 0,
  replaced: 0,
  chunks: 0,
  embedded: 0,
  reused: 0,
  current: null,
  waiting: null,
  errorCode: null,
  errorMessage: null,
  createdAt: '2026-11-22T00:00:00.000Z',
  updatedAt: '2026-11-22T00:00:00.000Z',
  finishedAt: null,
}

const indexed = (uri: string, index: number) => ({
  id: index + 1,
  uri,
  state: 'indexed',
  chunks: 2,
  warnings: [],
  document: `id-${uri}`,
  errorCode: null,
  errorMessage: null,
})

const accept = (response: ServerResponse) => {
  response.end(JSON.stringify({ status: 'staged', job: 'job-1' }))
}

function refuse(response: ServerResponse, status: number, code: ErrorCode, retryAfterMs?: number): void {
  response.statusCode = status
  response.end(JSON.stringify({ error: { code, message: code, retryAfterMs } }))
}

const statuses = (results: readonly { uri: string; status: string }[]) =>
  results.map(({ uri, status }) => `${uri} ${status}`)

test('every file gets its result, in order, whatever becomes of the others', async () => {
  await using server = await daemon((uri, response) =>
    uri === 'bad' ? refuse(response, 422, 'parser_failed') : accept(response),
  )
  const found = server.files('a', 'old', 'bad', 'b')
  rmSync(found[3]?.path ?? '')
  const { results, stopped } = await server.run(found)
  expect(stopped).toBeUndefined()
  expect(statuses(results)).toEqual(['a indexed', 'old unchanged', 'bad failed', 'b failed'])
  expect(results[2]).toMatchObject({ code: 'parser_failed' })
  expect(results[3]).toMatchObject({ code: 'not_found' })
})

test('a busy daemon is asked again after the time that it names', async () => {
  const waits: number[] = []
  await using server = await daemon((_uri, response, attempt) =>
    attempt < 3 ? refuse(response, 503, 'overloaded', 700) : accept(response),
  )
  const { results } = await server.run(server.files('a'), {
    wait: async (ms, signal) => {
      waits.push(ms)
      await pause(1, signal)
    },
  })
  expect(statuses(results)).toEqual(['a indexed'])
  expect(waits.filter((ms) => ms === 700)).toHaveLength(2)
})

test('an error that every file would meet ends the run; what is done stays reported', async () => {
  await using server = await daemon((uri, response) =>
    uri === 'b' ? refuse(response, 507, 'disk_full') : accept(response),
  )
  const { results, stopped } = await server.run(server.files('a', 'b', 'c', 'd'), { jobs: 1 })
  expect(statuses(results)).toEqual(['a indexed'])
  expect(stopped?.code).toBe('disk_full')
  expect(server.attempts.has('c')).toBe(false)
})

test('a daemon that dies ends the run', async () => {
  await using server = await daemon((_uri, response) => response.destroy())
  const { results, stopped } = await server.run(server.files('a', 'b'))
  expect(results).toEqual([])
  expect(stopped?.code).toBe('daemon_unreachable')
})

test('told to stop it finishes what is under way; told again it does not', async () => {
  const stop = new AbortController()
  await using server = await daemon((_uri, response) => {
    stop.abort()
    accept(response)
  })
  const first = await server.run(server.files('a', 'b', 'c'), { jobs: 1, stop: stop.signal })
  expect(statuses(first.results)).toEqual(['a indexed'])
  expect(first.stopped?.code).toBe('cancelled')

  const abort = new AbortController()
  await using hanging = await daemon(() => abort.abort())
  const second = await hanging.run(hanging.files('a', 'b'), { jobs: 1, abort: abort.signal })
  expect(second.results).toEqual([])
  expect(second.stopped?.code).toBe('cancelled')
})

test('manifests are bounded, and a file above the limit is not sent', async () => {
  await using server = await daemon((_uri, response) => accept(response))
  const names = Array.from({ length: 501 }, (_, index) => `old-${index}`)
  const found = server.files(...names, 'large')
  writeFileSync(found.at(-1)?.path ?? '', 'x'.repeat(1001))
  const { results } = await server.run(found)
  expect(server.manifests.map(({ length }) => length)).toEqual([500, 2])
  expect(results.at(-1)).toMatchObject({ status: 'failed', code: 'document_too_large' })
  expect(server.attempts.size).toBe(0)
})

test('what is uploaded may be left to the daemon', async () => {
  await using server = await daemon((_uri, response) => accept(response), { state: 'running' })
  const { results } = await server.run(server.files('a', 'old'), { detach: true })
  expect(statuses(results)).toEqual(['a staged', 'old unchanged'])
  expect(results[0]).toMatchObject({ job: 'job-1' })
})

test('a stop ends the job; what it had indexed is reported, and nothing else', async () => {
  const stop = new AbortController()
  await using server = await daemon((_uri, response) => accept(response), { state: 'running' })
  const { stopped, results } = await server.run(server.files('a', 'slow'), {
    stop: stop.signal,
    onResult: () => stop.abort(),
  })
  expect(stopped?.code).toBe('cancelled')
  expect(statuses(results)).toEqual(['a indexed'])
  expect(server.cancelled()).toBe(true)
})

test('told twice to stop it does not wait for the end', async () => {
  const abort = new AbortController()
  await using server = await daemon((_uri, response) => accept(response), { state: 'running' })
  const { stopped, results } = await server.run(server.files('slow'), {
    abort: abort.signal,
    onProgress: () => {
      if (server.accepted.length > 0) abort.abort()
    },
  })
  expect(stopped?.code).toBe('cancelled')
  expect(results).toEqual([])
  expect(server.cancelled()).toBe(true)
})

test('what an earlier run uploaded is not uploaded again', async () => {
  await using server = await daemon((_uri, response) => accept(response))
  const { results } = await server.run(server.files('a', 'staged'))
  expect(statuses(results)).toEqual(['a indexed', 'staged staged'])
  expect(results[1]).toMatchObject({ job: 'job-0' })
  expect([...server.attempts.keys()]).toEqual(['a'])
})

test('a job that fails ends the run with its reason', async () => {
  const failed = { state: 'failed', errorCode: 'engine_unreachable', errorMessage: 'No embeddings.' } as const
  await using server = await daemon((_uri, response) => refuse(response, 409, 'job_ended'), failed)
  const { stopped } = await server.run(server.files('a', 'b'))
  expect(stopped).toMatchObject({
    code: 'engine_unreachable',
    message: expect.stringContaining('jobs retry'),
  })
})
