/** The model hub's HTTP API: a repository's content, and its files from any offset. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { EnvHttpProxyAgent, request } from 'undici'
import { z } from 'zod'
import { ChatbotError } from '../../src/domain/errors.ts'
import { cardSchema, type ModelCard } from '../card.ts'
import { configSchema, type ModelConfig } from '../config-file.ts'
import { hubError, withRetries } from './errors.ts'

export interface HubSettings {
  /** `https://huggingface.co`, or a mirror of it. */
  readonly endpoint: string
  readonly token?: string
  readonly offline: boolean
  /** Time without a byte after which a connection counts as lost. */
  readonly stallMs: number
  /** Pause after the first failure, doubled each time. */
  readonly pauseMs: number
}

export interface RemoteFile {
  readonly path: string
  readonly size: number
  /** SHA-256 of a large file, SHA-1 of the git blob of a small one; hex. */
  readonly checksum: string
}

export interface RemoteRepository {
  readonly name: string
  readonly commit: string
  readonly files: readonly RemoteFile[]
  readonly card: ModelCard
  readonly config: ModelConfig | undefined
}

export interface Hub {
  /** Throws `unknown_model`, `hub_refused`, `hub_unreachable` and `rate_limited`. */
  repository: (name: string, revision: string | undefined, signal: AbortSignal) => Promise<RemoteRepository>
  /** A file's bytes from `offset`, or from 0 if the server ignores the range: `from` says which. */
  read: (
    repository: RemoteRepository,
    file: RemoteFile,
    offset: number,
    signal: AbortSignal,
  ) => Promise<{ readonly body: Readable; readonly from: number }>
  close: () => Promise<void>
}

type Environment = Readonly<Record<string, string | undefined>>

/** From the variables of the hub's own tools: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_OFFLINE. */
export function hubSettings(env: Environment): HubSettings {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'huggingface')
  const token = env.HF_TOKEN || tokenIn(env.HF_TOKEN_PATH || join(home, 'token'))
  return {
    endpoint: (env.HF_ENDPOINT || 'https://huggingface.co').replace(/(?<!\/)\/+$/, ''),
    token,
    offline: /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? ''),
    stallMs: 30_000,
    pauseMs: 500,
  }
}

/** Uses the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Throws `hub_unreachable` if `offline`. */
export function openHub({ endpoint, token, offline, stallMs, pauseMs }: HubSettings): Hub {
  if (offline)
    throw new ChatbotError('hub_unreachable', 'HF_HUB_OFFLINE is set: nothing is fetched from the model hub.')
  const dispatcher = new EnvHttpProxyAgent({
    bodyTimeout: stallMs,
    headersTimeout: stallMs,
    connect: { timeout: stallMs },
  })

  /** Follows redirects itself, to send the token only to the hub. */
  async function get(url: string, headers: Record<string, string>, signal: AbortSignal) {
    if (offline)
      throw new ChatbotError(
        'hub_unreachable',
        'HF_HUB_OFFLINE is set: nothing is fetched from the model hub.',
      )
    let at = new URL(url)
    const { origin } = at
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const authorization =
        token !== undefined && at.origin === origin ? { authorization: `Bearer ${token}` } : {}
      const response = await request(at, {
        dispatcher,
        signal,
        headers: { ...headers, ...authorization, 'accept-encoding': 'identity' },
      })
      const { location } = response.headers
      if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== 'string')
        return response
      await response.body.dump()
      at = new URL(location, at)
    }
    throw new ChatbotError('pull_failed', `${url} redirects more than ${MAX_REDIRECTS} times.`)
  }

  return {
    async repository(name, revision, signal) {
      const url = `${endpoint}/api/models/${name}/revision/${encodeURIComponent(revision ?? 'main')}?blobs=true`
      return withRetries({ endpoint, pauseMs, signal }, async () => {
        const response = await get(url, { accept: 'application/json' }, signal)
        if (response.statusCode !== 200) throw await hubError(response, endpoint, name, revision)
        const found = repositorySchema.safeParse(await response.body.json())
        if (!found.success)
          throw new ChatbotError(
            'pull_failed',
            `${url} is not a description of a repository: ${z.prettifyError(found.error)}. Is HF_ENDPOINT right?`,
          )
        const { sha, siblings, cardData, config } = found.data
        return { name, commit: sha, files: siblings, card: cardData, config }
      })
    },

    async read({ name, commit }, { path, size }, offset, signal) {
      const url = `${endpoint}/${name}/resolve/${commit}/${path}`
      const response = await get(url, offset === 0 ? {} : { range: `bytes=${offset}-` }, signal)
      const { statusCode, headers, body } = response
      if (statusCode === 200) return { body, from: 0 }
      if (statusCode === 206) {
        const range = /^bytes (\d+)-\d*\/(\d+|\*)$/.exec(String(headers['content-range']))
        if (range !== null && Number(range[1]) === offset && (range[2] === '*' || Number(range[2]) === size))
          return { body, from: offset }
      }
      // The server lacks content that the hub lists, so the partial file is useless.
      if (statusCode === 206 || statusCode === 416) {
        body.destroy()
        body.on('error', () => {})
        throw new RangeRefused()
      }
      throw await hubError(response, endpoint, name, commit)
    },

    close: () => dispatcher.destroy(),
  }
}

/** The server cannot continue at the requested offset: start again. */
export class RangeRefused extends Error {}

const MAX_REDIRECTS = 5

const fileSchema = z
  .object({
    rfilename: z.string(),
    size: z.int().min(0).optional(),
    blobId: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional(),
    lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).nullish(),
  })
  .transform(({ rfilename: path, size, blobId, lfs }) => ({
    path,
    size: lfs?.size ?? size,
    checksum: lfs?.sha256 ?? blobId,
  }))

const repositorySchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z
    .array(fileSchema)
    .transform((files) =>
      files.flatMap(({ path, size, checksum }): RemoteFile[] =>
        size === undefined || checksum === undefined ? [] : [{ path, size, checksum }],
      ),
    ),
  cardData: z.unknown().transform((card) => cardSchema.safeParse(card).data ?? cardSchema.parse({})),
  config: configSchema.optional().catch(undefined),
})

function tokenIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
