/** One document of the web into a file: bounded, and only from where the caller may read. */
import { createHash } from 'node:crypto'
import { lookup as systemLookup } from 'node:dns/promises'
import { createWriteStream } from 'node:fs'
import { type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createUnzip } from 'node:zlib'
import { ChatbotError } from '../domain/errors.ts'
import type { Validators } from '../domain/source.ts'
import { bytes } from '../text/amounts.ts'
import { isPublicAddress } from './addresses.ts'

export interface FetchOptions {
  /** The body is written here. */
  readonly path: string
  /** Larger bodies are refused, compressed or not. */
  readonly maxBytes: number
  /** For everything together. */
  readonly timeoutMs: number
  /** Also addresses that are not public. */
  readonly allowPrivate: boolean
  /** Of what the caller has already. */
  readonly validators?: Validators | undefined
  readonly userAgent: string
  readonly signal?: AbortSignal | undefined
  /** All addresses of a host name; the system's resolver unless given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

export type Fetched =
  /** The server says that the validators still hold; nothing was written. */
  | { readonly status: 'unchanged' }
  | {
      readonly status: 'fetched'
      /** Where the redirects led. */
      readonly url: string
      readonly bytes: number
      /** SHA-256 of what was written, hex. */
      readonly hash: string
      /** Without parameters, in lower case; empty when the server named none. */
      readonly mediaType: string
      /** Of text, as the server named it. */
      readonly charset: string | undefined
      readonly validators: Validators
    }

const MOST_REDIRECTS = 10
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Types that hold no text to index. */
const NOT_TEXT = /^(image|audio|video|font)\//

/** The address as it names a document: normal form, no fragment. Throws `bad_request`. */
export function parseWebAddress(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ChatbotError('bad_request', `"${text}" is not an http or https address.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ChatbotError(
      'bad_request',
      'An address with a user name or password would be stored with it. Download the page and ingest the file.',
    )
  }
  url.hash = ''
  return url
}

export const isWebAddress = (text: string) => /^https?:\/\//i.test(text)

/**
 * Every hop's address is checked after its name was resolved, and the connection is made to the address that was
 * checked. Throws `url_refused` (an address that is not public), `url_failed` (no answer, or not with a page),
 * `document_too_large`, `unsupported_format`, `timeout`, `cancelled`.
 */
export async function fetchDocument(address: string, options: FetchOptions): Promise<Fetched> {
  const late = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal])
  try {
    let url = parseWebAddress(address)
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const response = await open(url, options, signal)
      const { statusCode = 0 } = response
      if (REDIRECTS.has(statusCode)) {
        url = nextHop(response, url)
        response.destroy()
        continue
      }
      if (statusCode === 304) {
        response.destroy()
        return { status: 'unchanged' }
      }
      if (statusCode !== 200) {
        response.destroy()
        throw new ChatbotError('url_failed', `${url} answered with HTTP status ${statusCode}.`)
      }
      return await receive(response, url, options, signal)
    }
    throw new ChatbotError('url_failed', `${address} redirects more than ${MOST_REDIRECTS} times.`)
  } catch (error) {
    if (options.signal?.aborted) throw new ChatbotError('cancelled', 'The download was stopped.')
    if (late.aborted) {
      throw new ChatbotError(
        'timeout',
        `${address} took longer than ${options.timeoutMs / 1000} s (ingest.urlTimeoutMs).`,
      )
    }
    throw ChatbotError.wrap(error, 'url_failed', `${address}: `)
  }
}

function nextHop(response: IncomingMessage, from: URL): URL {
  const { location } = response.headers
  const target = location === undefined ? null : URL.parse(location, from.href)
  if (target === null) throw new ChatbotError('url_failed', `${from} redirects to nowhere.`)
  return parseWebAddress(target.href)
}

async function open(url: URL, options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const lookup = checkedLookup(options)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // A name that is an address is never looked up.
  if (isIP(host) !== 0) checkAddress(host, host, options)
  const { etag, lastModified } = options.validators ?? {}
  const headers = {
    'user-agent': options.userAgent,
    accept: 'text/html, text/markdown, text/*;q=0.9, application/*;q=0.8',
    'accept-encoding': 'gzip, deflate, br',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const send = url.protocol === 'https:' ? secure : plain
  // A connection of its own: one from a pool could lead to an address that was not checked now.
  send(url, { agent: false, lookup, headers, signal }).on('response', resolve).on('error', reject).end()
  return promise
}

/** What node:net connects to: only addresses that passed. */
function checkedLookup(options: FetchOptions): LookupFunction {
  const { resolve = resolveWithSystem } = options
  return (host, { all }, callback) => {
    resolve(host)
      .then((addresses) => {
        const [first] = addresses
        if (first === undefined) throw new ChatbotError('url_failed', `${host} has no address.`)
        for (const address of addresses) checkAddress(address, host, options)
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        if (all === true) callback(null, found)
        else callback(null, first, isIP(first))
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
    `${which} is not an address of the public internet. To read pages of your own network: chatbot config set ingest.allowPrivateUrls true`,
  )
}

async function receive(
  response: IncomingMessage,
  url: URL,
  { path, maxBytes }: FetchOptions,
  signal: AbortSignal,
): Promise<Fetched> {
  const { headers } = response
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';')
  const mediaType = type.trim().toLowerCase()
  if (NOT_TEXT.test(mediaType)) {
    response.destroy()
    throw new ChatbotError('unsupported_format', `${url} is ${mediaType}: there is no text to index in it.`)
  }
  const tooLarge = () =>
    new ChatbotError(
      'document_too_large',
      `${url} is larger than ${bytes(maxBytes)} (ingest.maxFileBytes). Raise the limit, or leave it out.`,
    )
  if (Number(headers['content-length']) > maxBytes) {
    response.destroy()
    throw tooLarge()
  }
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
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const decoder = decoderOf(encoding)
  if (decoder === 'unknown') {
    response.destroy()
    throw new ChatbotError(
      'url_failed',
      `${url} is sent in the encoding ${encoding}, which nobody asked for.`,
    )
  }
  const file = createWriteStream(path, { mode: 0o600 })
  if (decoder === undefined) await pipeline(response, measured, file, { signal })
  else await pipeline(response, decoder, measured, file, { signal })
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
    validators: { etag: headers.etag, lastModified: headers['last-modified'] },
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
