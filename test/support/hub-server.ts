/** The model hub on loopback: its API, its file addresses, and a second origin that large files redirect to. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'

export interface HubRequest {
  readonly method: string
  readonly url: string
  /** Of the file that is asked for; empty for the API. */
  readonly file: string
  readonly headers: IncomingMessage['headers']
  readonly origin: 'hub' | 'cdn'
}

/** What happens instead of the right answer. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends after so many bytes of the body. */
  | { readonly cutAfter: number }
  /** Nothing comes after so many bytes of the body. */
  | { readonly stallAfter: number }
  | { readonly bytesPerSecond: number }
  | { readonly ignoreRange: true }
  /** Other bytes than those that the API lists. */
  | { readonly content: Uint8Array }

export interface HubServer extends AsyncDisposable {
  readonly endpoint: string
  readonly requests: HubRequest[]
  /** Is asked before each answer. */
  fault: (request: HubRequest) => Fault | undefined
}

export interface ServedRepository {
  readonly commit: string
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly card?: Readonly<Record<string, unknown>>
}

/** Larger files are said to be in LFS. */
const LFS_FROM = 1000

export async function startHub(repositories: Readonly<Record<string, ServedRepository>>): Promise<HubServer> {
  const requests: HubRequest[] = []
  const listen = (origin: HubRequest['origin']) => {
    const server = createServer((request, response) => {
      const url = request.url ?? ''
      const [, file = ''] = /\/(?:resolve|cdn)\/[^/]+\/(.*)$/.exec(url) ?? []
      const asked = { method: request.method ?? '', url, file, headers: request.headers, origin }
      requests.push(asked)
      answer(asked, response)
    })
    return new Promise<Server>((done) => server.listen(0, '127.0.0.1', () => done(server)))
  }
  const [hub, cdn] = await Promise.all([listen('hub'), listen('cdn')])

  function answer(request: HubRequest, response: ServerResponse): void {
    const fault = server.fault(request)
    if (fault !== undefined && 'status' in fault) {
      response.writeHead(fault.status, fault.headers).end()
      return
    }
    const api = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^?]+)\?blobs=true$/.exec(request.url)
    const resolve = /^(?:\/cdn)?\/([^/]+\/[^/]+)\/(?:resolve|cdn)\/([^/]+)\/(.+)$/.exec(request.url)
    const name = api?.[1] ?? resolve?.[1] ?? ''
    const repository = repositories[name]
    const revision = decodeURIComponent(api?.[2] ?? resolve?.[2] ?? '')
    if (repository === undefined) refuse(response, 404, 'RepoNotFound')
    else if (revision !== 'main' && revision !== repository.commit) refuse(response, 404, 'RevisionNotFound')
    else if (api) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(description(name, repository)))
    } else
      sendFile(request, response, repository, `${origin(cdn)}/${name}/cdn/${revision}/${request.file}`, fault)
  }

  const server: HubServer = {
    endpoint: origin(hub),
    requests,
    fault: () => undefined,
    async [Symbol.asyncDispose]() {
      for (const one of [hub, cdn]) {
        one.closeAllConnections()
        await new Promise((done) => one.close(done))
      }
    },
  }
  return server
}

function sendFile(
  request: HubRequest,
  response: ServerResponse,
  { files }: ServedRepository,
  location: string,
  fault: Fault | undefined,
): void {
  const content = files.get(request.file)
  if (content === undefined) refuse(response, 404, 'EntryNotFound')
  else if (request.origin === 'hub' && content.length >= LFS_FROM) response.writeHead(302, { location }).end()
  else send(request, response, content, fault)
}

function send(
  request: HubRequest,
  response: ServerResponse,
  listed: Uint8Array,
  fault: Fault | undefined,
): void {
  const content = fault !== undefined && 'content' in fault ? fault.content : listed
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
  const start = fault !== undefined && 'ignoreRange' in fault ? 0 : Number(from ?? 0)
  if (start > 0 && start >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    return
  }
  const body = content.subarray(start)
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': body.length,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  })
  if (fault !== undefined && 'cutAfter' in fault) {
    response.write(body.subarray(0, fault.cutAfter), () => response.destroy())
  } else if (fault !== undefined && 'stallAfter' in fault) response.write(body.subarray(0, fault.stallAfter))
  else if (fault !== undefined && 'bytesPerSecond' in fault) {
    void pipeline(slowly(body, fault.bytesPerSecond), response).catch(() => {})
  } else response.end(body)
}

async function* slowly(body: Uint8Array, bytesPerSecond: number): AsyncGenerator<Uint8Array> {
  const piece = Math.ceil(bytesPerSecond / 50)
  for (let at = 0; at < body.length; at += piece) {
    yield body.subarray(at, at + piece)
    await setTimeout(20)
  }
}

const description = (
  id: string,
  { commit, files, card = { license: 'mit', language: 'en' } }: ServedRepository,
) => ({
  id,
  sha: commit,
  gated: false,
  cardData: card,
  siblings: [...files].map(([rfilename, content]) => ({
    rfilename,
    size: content.length,
    blobId: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
    ...(content.length >= LFS_FROM
      ? {
          lfs: {
            sha256: createHash('sha256').update(content).digest('hex'),
            size: content.length,
            pointerSize: 130,
          },
        }
      : {}),
  })),
})

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-error-code': code }).end()
}

function origin(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
}

/** The files of a folder, as a repository of the hub. */
export function servedFolder(folder: string, commit: string): ServedRepository {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => relative(folder, join(folder, file)))
    .filter((file) => statSync(join(folder, file)).isFile())
  return { commit, files: new Map(files.map((file) => [file, readFileSync(join(folder, file))])) }
}
