import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiClient } from '../../src/client/api.ts'
import type { FoundFile } from '../../src/client/files.ts'
import { type IngestOptions, ingestFiles } from '../../src/client/ingest.ts'
import type { ErrorCode } from '../../src/domain/errors.ts'

type Upload = (uri: string, response: ServerResponse, attempt: number) => void

/** A real HTTP server that needs every file whose name does not begin with `old`. */
async function daemon(upload: Upload) {
  const dir = mkdtempSync(join(tmpdir(), 'ingest-'))
  const socketPath = join(dir, 'd.sock')
  const attempts = new Map<string, number>()
  const manifests: string[][] = []
  const server = createServer(async (request, response) => {
    response.setHeader('x-chatbot-version', '1.0.0')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.method === 'POST') {
      const { files } = JSON.parse(Buffer.concat(chunks).toString())
      const uris = files.map(({ uri }: { uri: string }) => uri)
      manifests.push(uris)
      response.end(
        JSON.stringify({ needed: uris.filter((uri: string) => !uri.startsWith('old')), changed: [] }),
      )
      return
    }
    const uri = new URL(request.url ?? '', 'http://d').searchParams.get('uri') ?? ''
    const attempt = (attempts.get(uri) ?? 0) + 1
    attempts.set(uri, attempt)
    upload(uri, response, attempt)
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
    files,
    run: (found: readonly FoundFile[], options: Partial<IngestOptions> = {}) =>
      ingestFiles({
        api,
        collection: 'docs',
        files: found,
        jobs: 2,
        maxFileBytes: 1000,
        wait: async () => {},
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

function indexed(response: ServerResponse, uri: string): void {
  const document = {
    id: `id-${uri}`,
    collection: 'docs',
    uri,
    title: uri,
    mediaType: 'text/plain',
    language: 'en',
    bytes: 1,
    length: 1,
    chunks: 2,
    hash: 'f'.repeat(64),
    warnings: [],
    metadata: {},
    modifiedAt: null,
    ingestedAt: '2026-11-22T00:00:00.000Z',
  }
  response.end(JSON.stringify({ status: 'indexed', document }))
}

function refuse(response: ServerResponse, status: number, code: ErrorCode, retryAfterMs?: number): void {
  response.statusCode = status
  response.end(JSON.stringify({ error: { code, message: code, retryAfterMs } }))
}

const statuses = (results: readonly { uri: string; status: string }[]) =>
  results.map(({ uri, status }) => `${uri} ${status}`)

test('every file gets its result, in order, whatever becomes of the others', async () => {
  await using server = await daemon((uri, response) =>
    uri === 'bad' ? refuse(response, 422, 'parser_failed') : indexed(response, uri),
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
  await using server = await daemon((uri, response, attempt) =>
    attempt < 3 ? refuse(response, 503, 'overloaded', 700) : indexed(response, uri),
  )
  const { results } = await server.run(server.files('a'), {
    wait: async (ms) => {
      waits.push(ms)
    },
  })
  expect(statuses(results)).toEqual(['a indexed'])
  expect(waits).toEqual([700, 700])
})

test('an error that every file would meet ends the run; what is done stays reported', async () => {
  await using server = await daemon((uri, response) =>
    uri === 'b' ? refuse(response, 507, 'disk_full') : indexed(response, uri),
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
  await using server = await daemon((uri, response) => {
    stop.abort()
    indexed(response, uri)
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
  await using server = await daemon((uri, response) => indexed(response, uri))
  const names = Array.from({ length: 501 }, (_, index) => `old-${index}`)
  const found = server.files(...names, 'large')
  writeFileSync(found.at(-1)?.path ?? '', 'x'.repeat(1001))
  const { results } = await server.run(found)
  expect(server.manifests.map(({ length }) => length)).toEqual([500, 2])
  expect(results.at(-1)).toMatchObject({ status: 'failed', code: 'document_too_large' })
  expect(server.attempts.size).toBe(0)
})
