import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSource } from '../../../../src/client/sync/read-source.ts'

const UTF16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html><p>Привет</p></html>', 'utf16le')])

test.each([
  ['HTML that begins as such stays as it is', Buffer.from('<!-- a --> <!doctype html><p>x</p>'), undefined],
  ['a bare piece gets its beginning', Buffer.from('<p>x</p>'), '<!doctype html>\n<p>x</p>'],
  ['UTF-16 keeps its mark in front', UTF16, undefined],
  ['comments without end cost no time', Buffer.from(`${'<!---->'.repeat(600)}<p>x</p>`), 'begins'],
])('%s', async (_, body, expected) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(body)
  })
  const dir = await mkdtemp(join(tmpdir(), 'chatbot-page-'))
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = addressOf(server.address())
    const location = `http://127.0.0.1:${port}/`
    const { files, failed } = await readSource(
      { kind: 'url', location, machine: '', options: {} },
      undefined,
      {
        extensions: new Set(),
        web: { dir, maxBytes: 1e6, timeoutMs: 10_000, allowPrivate: true, userAgent: 'test' },
      },
    )
    expect(failed).toEqual([])
    const [file] = files
    const got = await readFile(file?.path ?? '')
    if (expected === undefined) expect(got.equals(body)).toBe(true)
    else if (expected === 'begins') expect(got.toString()).toMatch(/^<!doctype html>\n<!---->/)
    else expect(got.toString()).toBe(expected)
  } finally {
    server.close()
    await rm(dir, { recursive: true })
  }
})

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address
}
