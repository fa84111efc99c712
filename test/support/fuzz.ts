/** What nobody means well sends: texts, JSON, messages, requests, bytes on the wire and command lines, for fast-check. */
import fc, { type Arbitrary } from 'fast-check'
import { z } from 'zod'
import { API_PREFIX, type RouteName, routes } from '../../src/api/routes.ts'
import { clientMessages, serverMessages } from '../../src/protocol/messages.ts'

/** Longer than every bound of a short text, shorter than a frame. */
const LONG = 20_000

const oddPiece = fc.constantFrom(
  '\0',
  '\ud800',
  '\udc00',
  '\u0085',
  '\u009b31m',
  '\u009d0;x\u0007',
  '\u001b[2J',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\ufffd',
  'İ',
  '«',
  '👩‍👩‍👧',
  '**/',
  '?',
  '[!a-',
  '{a,b}',
  '\\',
  "'; DROP TABLE answers; --",
  '%00',
  '%ff',
  '../',
  '$&',
  '__proto__',
  'constructor',
  ' ',
  '\n',
  'a',
  '1',
)

/** Short, or one piece again and again, or any characters. */
export const oddText: Arbitrary<string> = fc.oneof(
  fc.array(oddPiece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc
    .tuple(oddPiece, fc.constantFrom(65, 300, 1100, 8193, LONG))
    .map(([piece, length]) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length)),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const levels = fc.constantFrom(5, 199, 201, 3000, 30_000)

/** JSON as it is written, so that it may be deeper and wider than a value that could be written by recursion. */
const oddJson: Arbitrary<string> = fc.oneof(
  oddText.map((text) => JSON.stringify(text)),
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }).map((value) => JSON.stringify(value)),
  levels.map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  levels.map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.constantFrom('0', '{}', '"a"', '[]').map((item) => `[${`${item},`.repeat(100_000)}${item}]`),
  fc.constantFrom(0, 12, 99, 300).map((n) => `[${'1,'.repeat(n)}1]`),
  fc.constantFrom('1e999', '-1e999', '-0', '9007199254740993', `1${'0'.repeat(1000)}`, '1e-999', '0.1'),
  fc.constantFrom('null', 'true', '{}', '[]', '""', '[null]'),
  fc.constantFrom('{"__proto__":{"type":"ask"}}', '{"constructor":{"prototype":{}}}', '{"a":1,"a":[]}'),
  fc.constantFrom('{', '"', '[1,', 'NaN', 'undefined', '\u00a0', "{'a':1}", '"\\ud800"', '"\\u0000"', '01'),
)

const MARK = 'a place for something odd'

/** Valid JSON of which one value, whichever, is something odd; or that has one more; or that is told twice. */
function spoilt(valid: Arbitrary<unknown>): Arbitrary<string> {
  const swapped = fc.tuple(valid, fc.nat(), oddJson).map(([value, at, odd]) => {
    let count = 0
    JSON.stringify(value, (_, inner: unknown) => {
      count += 1
      return inner
    })
    let next = 0
    const text = JSON.stringify(value, (_, inner: unknown) => (next++ === at % count ? MARK : inner)) ?? MARK
    return text.replace(JSON.stringify(MARK), () => odd)
  })
  const more = fc
    .tuple(
      valid,
      fc.oneof(oddText, fc.constantFrom('type', 'id', 'filter', '__proto__')),
      oddJson,
      fc.boolean(),
    )
    .map(([value, key, odd, first]) => {
      const text = JSON.stringify(value) ?? '{}'
      const field = `${JSON.stringify(key)}:${odd}`
      if (text === '{}') return `{${field}}`
      return first ? `{${field},${text.slice(1)}` : `${text.slice(0, -1)},${field}}`
    })
  return fc.oneof(
    { weight: 4, arbitrary: swapped },
    { weight: 2, arbitrary: more },
    { weight: 1, arbitrary: valid.map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: oddJson },
  )
}

/** What is there in a daemon that was fed, and what looks as if it were. */
const KNOWN = [
  'fuzz',
  'default',
  'extractive',
  'builtin',
  'anna',
  'user:anna',
  'key:fuzz',
  'file:///fuzz/a.md',
  'a'.repeat(64),
  'How are returns handled?',
  '**/*.md',
]
const known = (pattern: RegExp) => {
  const fitting = KNOWN.filter((text) => pattern.test(text))
  return fitting.length === 0 ? fc.string() : fc.constantFrom(...fitting)
}

const partSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string()).transform(([first]) => first)]).optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})

/** Values that a schema takes, mostly. */
function valuesOf(schema: z.ZodType): Arbitrary<unknown> {
  return valuesOfPart(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

function valuesOfPart(raw: unknown): Arbitrary<unknown> {
  const part = partSchema.parse(raw)
  if (part.const !== undefined) return fc.constant(part.const)
  if (part.enum !== undefined) return fc.constantFrom(...part.enum)
  const choices = part.anyOf ?? part.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(valuesOfPart))
  switch (part.type) {
    case 'string':
      if (part.format === 'uuid') return fc.uuid()
      if (part.format === 'date-time') return fc.constantFrom('2025-01-01T00:00:00Z', '9999-12-31T23:59:59Z')
      return known(new RegExp(part.pattern ?? '', 'u'))
    case 'integer':
    case 'number': {
      const min = Math.max(part.minimum ?? 0, -1e9)
      return fc.integer({ min, max: Math.max(min, Math.min(part.maximum ?? 100, 1e9)) })
    }
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(valuesOfPart(part.items ?? {}), { maxLength: 3 })
    case 'object': {
      const { properties = {}, required = [] } = part
      const fields = Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, valuesOfPart(inner)]),
      )
      return fc.record(fields, { requiredKeys: required.filter((name) => name in fields) })
    }
    default:
      return fc.constantFrom('a', 1, null)
  }
}

export interface Frame {
  readonly data: string | Buffer
  readonly binary: boolean
  /** Sent in so many parts. */
  readonly parts: number
}

const texts = (arbitrary: Arbitrary<string>): Arbitrary<Frame> =>
  fc.record({
    data: arbitrary,
    binary: fc.constant(false),
    parts: fc.constantFrom(1, 1, 1, 2, 7),
  })

/** Of a client, a greeting among them now and then. */
export const frames: Arbitrary<readonly Frame[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: texts(fc.oneof(...Object.values(clientMessages).map((one) => spoilt(valuesOf(one))))),
    },
    { weight: 1, arbitrary: texts(oddText) },
    {
      weight: 1,
      arbitrary: fc.record({
        data: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        binary: fc.boolean(),
        parts: fc.constantFrom(1, 3),
      }),
    },
  ),
  { minLength: 1, maxLength: 5 },
)

/** Of a server that harms its clients. */
export const serverFrames: Arbitrary<readonly string[]> = fc.array(
  fc.oneof(...Object.values(serverMessages).map((one) => spoilt(valuesOf(one)))),
  { minLength: 1, maxLength: 4 },
)

export const responses = fc.record({
  route: fc.constantFrom<RouteName>('whoami', 'status', 'listCollections', 'listJobs'),
  status: fc.constantFrom(200, 204, 400, 401, 418, 500, 503),
  body: fc.oneof(oddJson, oddText, spoilt(fc.constant({ error: { code: 'bad_request', message: 'no' } }))),
})

export interface OddRequest {
  readonly method: string
  /** Already encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer | undefined
}

/** What `node:http` lets through as the value of a header. */
const headerValue = oddText.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 4000))

const oddSegment = fc.oneof(
  fc.constantFrom('%00', '%ff', '%', '%zz', '..', '%2e%2e', '%2f', '.', '', '%ed%a0%80', '%f0%9f%98%80', '*'),
  oddText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 6000)),
)

const oddQuery = fc.oneof(
  fc.constantFrom(
    '?',
    '?&&&',
    '?=',
    '?a[b][c]=1',
    '?limit=1&limit=2',
    '?limit=%00',
    '?%',
    '?__proto__=1',
    '?uri=%ff',
  ),
  fc.constantFrom(1000, 5000).map((count) => `?${'a=1&'.repeat(count)}`),
  fc
    .dictionary(
      fc.constantFrom('limit', 'after', 'uri', 'hash', 'collection', 'start', 'id', 'before'),
      oddText,
      {
        maxKeys: 4,
      },
    )
    .map((query) => `?${new URLSearchParams(query)}`.slice(0, 8000)),
)

/** A request to this route, of which one thing or another is odd. */
export function requestsTo(name: RouteName): Arbitrary<OddRequest> {
  const { method, path, params, query, body } = routes[name]
  const upload = 'upload' in routes[name]
  const valid = fc.tuple(valuesOf(params), valuesOf(query)).map(([inPath, inQuery]) => {
    const segments = z.record(z.string(), z.unknown()).parse(inPath)
    const pairs = Object.entries(z.record(z.string(), z.unknown()).parse(inQuery))
    const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(segments[key])))
    const search = new URLSearchParams(Object.fromEntries(pairs.map(([key, value]) => [key, String(value)])))
    return pairs.length === 0 ? filled : `${filled}?${search}`
  })
  const odd = fc.tuple(fc.infiniteStream(oddSegment), fc.option(oddQuery)).map(([segments, search]) => {
    const filled = path.replace(/:\w+/g, () => segments.next().value ?? '')
    return `${filled}${search ?? ''}`
  })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }).map((some) => Buffer.from(some)),
    oddJson,
    oddText.filter((text) => text.length > 0),
  )
  return fc.record({
    method: fc.constant(method),
    path: fc
      .oneof({ weight: 3, arbitrary: valid }, { weight: 2, arbitrary: odd })
      .map((rest) => API_PREFIX + rest),
    headers: fc.dictionary(
      fc.constantFrom(
        'traceparent',
        'content-type',
        'accept',
        'x-chatbot-version',
        'x-chatbot-passphrase',
        'x-chatbot-document-password',
        'x-forwarded-for',
        'origin',
        'if-none-match',
        'cookie',
      ),
      fc.oneof(
        headerValue,
        fc.constantFrom(
          'application/octet-stream',
          'application/json; charset=utf-16',
          'multipart/form-data; boundary=x',
          'text/plain',
          '%ff',
          'null',
        ),
      ),
      { maxKeys: 2 },
    ),
    body:
      method === 'GET'
        ? fc.constant(undefined)
        : upload
          ? bytes
          : body instanceof z.ZodUndefined
            ? fc.option(oddJson, { nil: undefined })
            : spoilt(valuesOf(body)),
  })
}

/** To the front for programs that speak OpenAI's protocol. */
export function completionRequests(body: z.ZodType): Arbitrary<OddRequest> {
  return fc.record({
    method: fc.constant('POST'),
    path: fc.constant('/v1/chat/completions'),
    headers: fc.constant({}),
    body: spoilt(valuesOf(body)),
  })
}

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const upgrade = (path: string, ...more: readonly string[]) =>
  [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: Upgrade', ...more, '', ''].join('\r\n')

/** A frame of a client, with any opcode, flags and length. */
const wireFrame = fc
  .record({
    first: fc.integer({ min: 0, max: 255 }),
    mask: fc.boolean(),
    length: fc.constantFrom(undefined, 126, 127),
    payload: fc.uint8Array({ maxLength: 125 }),
  })
  .map(({ first, mask, length, payload }) => {
    const extended = length === undefined ? [] : Array.from({ length: length === 126 ? 2 : 8 }, () => 0xff)
    const head = [first, (mask ? 0x80 : 0) | (length ?? payload.length), ...extended]
    return Buffer.from([...head, ...(mask ? [0, 0, 0, 0] : []), ...payload])
  })

/** Bytes for a connection, piece by piece: no HTTP, broken HTTP, several requests at once, broken upgrades and frames. */
export const wire: Arbitrary<readonly Buffer[]> = fc.oneof(
  fc.array(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    { minLength: 1, maxLength: 4 },
  ),
  fc
    .array(
      fc.constantFrom(
        'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
        'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
        'GET /healthz HTTP/9.9\r\n\r\n',
        'GET /healthz\r\n',
        'POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99999999999999999999\r\n\r\n',
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}',
        'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nA: \0\r\n\r\n',
        'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: 1\r\n\r\n',
        `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ${'a'.repeat(40_000)}\r\n\r\n`,
        `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n${'A: a\r\n'.repeat(3000)}\r\n`,
        `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
        'CONNECT example.org:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
        'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
        'PROPFIND / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
        'GET http://[::1/ HTTP/1.1\r\nHost: [\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        upgrade('/ws', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
        upgrade('/ws', 'Upgrade: websocket', 'Sec-WebSocket-Version: 99', `Sec-WebSocket-Key: ${KEY}`),
        upgrade('/ws', 'Upgrade: h2c'),
        upgrade('//', 'Upgrade: websocket'),
        upgrade(
          '/ws?%',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${KEY}`,
          'Origin: null',
        ),
        upgrade(
          '/ws',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${KEY}`,
          'Sec-WebSocket-Protocol: ,,a',
          'Sec-WebSocket-Extensions: permessage-deflate; a=;',
        ),
      ),
      { minLength: 1, maxLength: 3 },
    )
    .map((pieces) => pieces.map((piece) => Buffer.from(piece, 'latin1'))),
  fc
    .array(wireFrame, { minLength: 1, maxLength: 4 })
    .map((bytes) => [
      Buffer.from(
        upgrade('/ws', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${KEY}`),
      ),
      ...bytes,
    ]),
)

/** Words of a command line. */
export const commandLines = fc.array(
  fc.oneof(
    fc.constantFrom(
      '--',
      '-',
      '--json',
      '--collection',
      '-c',
      '--limit',
      '--set',
      '--since',
      '--meta',
      '--=',
      '-cc',
    ),
    fc.constantFrom(
      '--path=**',
      '--language=xx',
      '--limit=1e9',
      '--limit=-1',
      '--since=yesterday',
      '--meta==',
      'a=b',
    ),
    // The system ends an argument at a NUL and hands over UTF-8.
    oddText.map((text) => text.replaceAll('\0', '').toWellFormed()),
  ),
  { maxLength: 6 },
)
