import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { isPublicAddress } from '../../../src/fetch/addresses.ts'
import { type FetchOptions, fetchDocument } from '../../../src/fetch/fetch.ts'
import { parseWebAddress } from '../../../src/fetch/web-address.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A real web server on loopback, and what is needed to fetch from it. */
async function site(answer: Answer) {
  const dir = mkdtempSync(join(tmpdir(), 'web-'))
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const path = join(dir, 'page')
  return {
    port,
    requests,
    url: `http://127.0.0.1:${port}`,
    fetch: (url: string, options: Partial<FetchOptions> = {}) =>
      fetchDocument(url, {
        path,
        maxBytes: 10_000,
        timeoutMs: 10_000,
        allowPrivate: true,
        userAgent: 'test',
        ...options,
      }),
    body: () => readFileSync(path, 'utf8'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const page: Answer = (_, response) => {
  response.setHeader('content-type', 'text/html; charset="windows-1251"')
  response.setHeader('etag', '"1"')
  response.end('<h1>Hello</h1>')
}

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::808:808', true],
  ['127.0.0.1', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['172.16.0.1', false],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['168.63.129.16', false],
  ['192.0.0.192', false],
  ['198.18.0.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::7f00:1', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:a9fe:a9fe', false],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b:1::808:808', false],
  ['2002:7f00:1::', false],
  ['2001:0:4136::1', false],
  ['fd00:ec2::254', false],
  ['fe80::1%eth0', false],
  ['fec0::1', false],
  ['ff02::1', false],
  ['2001:db8::1', false],
  ['no address', false],
])('%s belongs to the public internet: %s', (address, expected) => {
  expect(isPublicAddress(address)).toBe(expected)
})

test('a page arrives with its type, hash and validators', async () => {
  await using web = await site(page)
  expect(await web.fetch(`${web.url}/a#part`)).toEqual({
    status: 'fetched',
    url: `${web.url}/a`,
    bytes: 14,
    hash: 'e2c6c0ea7c7900c31f953e48d30d5e839801ab90630d751e7c8426ed5859da47',
    mediaType: 'text/html',
    charset: 'windows-1251',
    validators: { etag: '"1"', lastModified: undefined },
  })
  expect(web.body()).toBe('<h1>Hello</h1>')
})

test('a page that did not change is not sent again', async () => {
  await using web = await site((request, response) => {
    response.statusCode = request.headers['if-none-match'] === '"1"' ? 304 : 200
    response.end()
  })
  expect(await web.fetch(web.url, { validators: { etag: '"1"' } })).toEqual({ status: 'unchanged' })
})

test('redirects are followed, and counted', async () => {
  await using web = await site((request, response) => {
    const left = Number(request.url?.slice(1))
    if (left === 0) return page(request, response)
    response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  expect(await web.fetch(`${web.url}/10`)).toMatchObject({ status: 'fetched', url: `${web.url}/0` })
  await expect(web.fetch(`${web.url}/11`)).rejects.toMatchObject({ code: 'url_failed' })
})

test.each(['gzip', 'deflate', 'br'])('a body in %s is decoded, and bounded when it is', async (encoding) => {
  const compress = encoding === 'br' ? brotliCompressSync : gzipSync
  await using web = await site((request, response) => {
    response.setHeader('content-encoding', encoding)
    response.end(compress(request.url === '/bomb' ? Buffer.alloc(10_000_000) : 'hello'))
  })
  expect(await web.fetch(web.url)).toMatchObject({ bytes: 5 })
  await expect(web.fetch(`${web.url}/bomb`)).rejects.toMatchObject({ code: 'document_too_large' })
})

test.each<[string, string, Answer]>([
  ['a missing page', 'url_failed', (_, response) => response.writeHead(404).end()],
  ['a redirect to nowhere', 'url_failed', (_, response) => response.writeHead(301).end()],
  ['another scheme', 'bad_request', (_, r) => r.writeHead(301, { location: 'file:///etc/passwd' }).end()],
  ['a picture', 'unsupported_format', (_, r) => r.writeHead(200, { 'content-type': 'image/png' }).end()],
  ['a long page', 'document_too_large', (_, response) => response.end(Buffer.alloc(10_001))],
  ['an endless page', 'document_too_large', (_, response) => endless(response)],
  ['a broken connection', 'url_failed', (_, response) => response.destroy()],
  ['a body cut short', 'url_failed', (_, response) => cutShort(response)],
])('%s is an error with a code', async (_, code, answer) => {
  await using web = await site(answer)
  await expect(web.fetch(web.url)).rejects.toMatchObject({ name: 'ChatbotError', code })
})

test('a server that says nothing is given up after its time, and when told to stop', async () => {
  await using web = await site(() => {})
  await expect(web.fetch(web.url, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' })
  const stop = AbortSignal.abort()
  await expect(web.fetch(web.url, { signal: stop })).rejects.toMatchObject({ code: 'cancelled' })
})

test('a name with several addresses, none of which answers, is an error that says why', async () => {
  await using web = await site(page)
  await expect(
    web.fetch('http://site.test:1/', { resolve: async () => ['127.0.0.1', '::1'] }),
  ).rejects.toMatchObject({ code: 'url_failed', message: expect.stringMatching(/site\.test:1\/: connect E/) })
})

test('addresses of this machine and of private networks are refused before anything is sent', async () => {
  await using web = await site(page)
  const refused = (url: string, options: Partial<FetchOptions> = {}) =>
    expect(web.fetch(url, { allowPrivate: false, ...options })).rejects.toMatchObject({ code: 'url_refused' })
  await refused(web.url)
  await refused(`http://[::ffff:127.0.0.1]:${web.port}/`)
  await refused(`http://2130706433:${web.port}/`)
  await refused(`http://localhost:${web.port}/`)
  // One bad address among good ones is enough: a connection might go there.
  await refused(`http://site.test:${web.port}/`, { resolve: async () => ['93.184.216.34', '127.0.0.1'] })
  await refused(`http://site.test:${web.port}/`, { resolve: async () => ['64:ff9b::7f00:1'] })
  expect(web.requests).toEqual([])
})

test('the connection goes to the address that was checked, and every hop is resolved and checked', async () => {
  await using web = await site((request, response) => {
    if (request.headers.host?.startsWith('first.test') === true) {
      response.writeHead(302, { location: `http://second.test:${web.port}/` }).end()
    } else page(request, response)
  })
  const asked: string[] = []
  const resolve = async (host: string) => {
    asked.push(host)
    return ['127.0.0.1']
  }
  expect(await web.fetch(`http://first.test:${web.port}/`, { resolve })).toMatchObject({ status: 'fetched' })
  expect(asked).toEqual(['first.test', 'second.test'])
  expect(web.requests.map(({ headers }) => headers.host)).toEqual([
    `first.test:${web.port}`,
    `second.test:${web.port}`,
  ])
})

test('an address that is none, or that holds a password, is refused', () => {
  for (const bad of ['ftp://a.test/x', 'https://', 'https://anna:secret@a.test/']) {
    expect(() => parseWebAddress(bad)).toThrow(expect.objectContaining({ code: 'bad_request' }))
  }
  expect(parseWebAddress('HTTPS://A.Test/x#y').href).toBe('https://a.test/x')
})

function endless(response: ServerResponse): void {
  response.once('drain', () => endless(response))
  while (response.write(Buffer.alloc(1000)));
}

function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': 100 })
  response.write('half')
  response.destroy()
}
