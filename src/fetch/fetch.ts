/** Downloads one web document to a file: bounded, and only from allowed addresses. */
import { createHash } from 'node:crypto'
import { lookup as systemLookup } from 'node:dns/promises'
import { createWriteStream } from 'node:fs'
import { isIP, type LookupFunction } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createUnzip } from 'node:zlib'
import { Agent, type Dispatcher, request } from 'undici'
import { ChatbotError } from '../domain/errors.ts'
import type { Validators } from '../domain/source.ts'
import { bytes, duration } from '../text/amounts.ts'
import { isPublicAddress } from './addresses.ts'
import { parseWebAddress } from './web-address.ts'

export interface FetchOptions {
  /** The body is written to this file. */
  readonly path: string
  /** Limit for the body, compressed and uncompressed. */
  readonly maxBytes: number
  /** Timeout of the whole download. */
  readonly timeoutMs: number
  /** Also allow addresses that are not public. */
  readonly allowPrivate: boolean
  /** Validators of the version that the caller has. */
  readonly validators?: Validators | undefined
  readonly userAgent: string
  readonly signal?: AbortSignal | undefined
  /** Resolves a host name to all its addresses; default: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

export type Fetched =
  /** The validators still match; nothing was written. */
  | { readonly status: 'unchanged' }
  | {
      readonly status: 'fetched'
      /** The final URL after redirects. */
      readonly url: string
      readonly bytes: number
      /** SHA-256 of the file, hex. */
      readonly hash: string
      /** Without parameters, in lower case; empty if the server sent none. */
      readonly mediaType: string
      /** The charset of text, as the server sent it. */
      readonly charset: string | undefined
      readonly validators: Validators
    }

const MAX_REDIRECTS = 10
/** For undici's own timeouts: `timeoutMs` bounds the whole download. */
const NO_TIMEOUT = 0
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Types without text to index. */
const NOT_TEXT = /^(image|audio|video|font)\//

/**
 * Resolves the name at every hop, checks its addresses, and connects to a checked one. Throws `url_refused` (not a
 * public address), `url_failed` (no response, or not a page), `document_too_large`, `unsupported_format`,
 * `timeout`, `cancelled`.
 */
export async function fetchDocument(address: string, options: FetchOptions): Promise<Fetched> {
  const late = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal])
  // Connections of its own: one from a shared pool could lead to an address that was not checked now.
  const agent = new Agent({
    connect: { lookup: checkedLookup(options), timeout: NO_TIMEOUT },
    headersTimeout: NO_TIMEOUT,
    bodyTimeout: NO_TIMEOUT,
  })
  try {
    let url = parseWebAddress(address)
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      // Literal addresses are never looked up.
      const host = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0) checkAddress(host, host, options)
      const response = await request(url, { dispatcher: agent, signal, headers: headersOf(options) })
      const { statusCode } = response
      if (statusCode === 304) return { status: 'unchanged' }
      if (statusCode === 200) return await receive(response, url, options, signal)
      if (!REDIRECTS.has(statusCode))
        throw new ChatbotError('url_failed', `${url} answered with HTTP status ${statusCode}.`)
      url = nextHop(response, url)
    }
    throw new ChatbotError('url_failed', `${address} redirects more than ${MAX_REDIRECTS} times.`)
  } catch (error) {
    if (options.signal?.aborted) throw new ChatbotError('cancelled', 'The download was cancelled.')
    if (late.aborted) {
      throw new ChatbotError(
        'timeout',
        `${address} took longer than ${duration(options.timeoutMs)} (ingest.urlTimeoutMs).`,
      )
    }
    throw ChatbotError.wrap(error, 'url_failed', `${address}: `)
  } finally {
    await agent.destroy()
  }
}

function headersOf({ userAgent, validators }: FetchOptions) {
  return {
    'user-agent': userAgent,
    accept: 'text/html, text/markdown, text/*;q=0.9, application/*;q=0.8',
    'accept-encoding': 'gzip, deflate, br',
    'if-none-match': validators?.etag,
    'if-modified-since': validators?.lastModified,
  }
}

function nextHop({ headers }: Dispatcher.ResponseData, from: URL): URL {
  const target = URL.parse(first(headers.location) ?? '', from.href)
  if (headers.location === undefined || target === null)
    throw new ChatbotError('url_failed', `${from} redirects without a valid location.`)
  return parseWebAddress(target.href)
}

/** The value of a header that may be sent several times. */
const first = (header: string | string[] | undefined) => (Array.isArray(header) ? header[0] : header)

/** Gives undici only checked addresses. */
function checkedLookup(options: FetchOptions): LookupFunction {
  const { resolve = resolveWithSystem } = options
  return (host, { all }, callback) => {
    resolve(host)
      .then((addresses) => {
        const [address] = addresses
        if (address === undefined) throw new ChatbotError('url_failed', `${host} has no address.`)
        for (const each of addresses) checkAddress(each, host, options)
        const found = addresses.map((each) => ({ address: each, family: isIP(each) }))
        if (all === true) callback(null, found)
        else callback(null, address, isIP(address))
      })
      .catch((error: unknown) => callback(ChatbotError.wrap(error, 'url_failed', `${host}: `), []))
  }
}

const resolveWithSystem = async (host: string): Promise<string[]> =>
  (await systemLookup(host, { all: true })).map(({ address }) => address)

function checkAddress(address: string, host: string, { allowPrivate }: FetchOptions): void {
  if (allowPrivate || isPublicAddress(address)) return
  const which = address === host ? host : `${host} is ${address}, which`
  throw new ChatbotError(
    'url_refused',
    `${which} is not a public internet address. To read pages of your own network: chatbot config set ingest.allowPrivateUrls true`,
  )
}

async function receive(
  { headers, body }: Dispatcher.ResponseData,
  url: URL,
  { path, maxBytes }: FetchOptions,
  signal: AbortSignal,
): Promise<Fetched> {
  const [type = '', ...parameters] = (first(headers['content-type']) ?? '').split(';')
  const mediaType = type.trim().toLowerCase()
  if (NOT_TEXT.test(mediaType))
    throw new ChatbotError('unsupported_format', `${url} is ${mediaType}: it contains no text to index.`)
  const tooLarge = () =>
    new ChatbotError(
      'document_too_large',
      `${url} is larger than ${bytes(maxBytes)} (ingest.maxFileBytes). Raise the limit, or leave it out.`,
    )
  if (Number(headers['content-length']) > maxBytes) throw tooLarge()
  const hash = createHash('sha256')
  let received = 0
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length
      hash.update(chunk)
      if (received > maxBytes) done(tooLarge())
      else done(null, chunk)
    },
  })
  const encoding = first(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity'
  const decoder = decoderOf(encoding)
  if (decoder === 'unknown')
    throw new ChatbotError(
      'url_failed',
      `${url} uses the content encoding ${encoding}, which was not requested.`,
    )
  const file = createWriteStream(path, { mode: 0o600 })
  if (decoder === undefined) await pipeline(body, measured, file, { signal })
  else await pipeline(body, decoder, measured, file, { signal })
  const charset = parameters
    .map((each) => /^\s*charset\s*=\s*"?([\w.:-]{1,40})"?\s*$/i.exec(each)?.[1])
    .find((each) => each !== undefined)
  return {
    status: 'fetched',
    url: url.href,
    bytes: received,
    hash: hash.digest('hex'),
    mediaType,
    charset: charset?.toLowerCase(),
    validators: { etag: first(headers.etag), lastModified: first(headers['last-modified']) },
  }
}

function decoderOf(encoding: string): Transform | 'unknown' | undefined {
  switch (encoding) {
    case 'identity':
    case '':
      return undefined
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip()
    case 'br':
      return createBrotliDecompress()
    default:
      return 'unknown'
  }
}
