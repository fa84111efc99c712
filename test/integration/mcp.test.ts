/** MCP over HTTP on a real daemon, by the official clients of both kinds: before the revision of 2026, and of it. */
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from '@modelcontextprotocol/client'
import { Client as EarlierClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as EarlierHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { upload } from '../support/upload.ts'

const TOWER = '# The tower\n\nThe tower of Testville was built in 1887. It is 41 metres high.'

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startTestDaemon()
  await upload(daemon, 'public', 'tower.md', TOWER)
  await upload(daemon, 'secret', 'plan.md', '# The plan\n\nThe tower of Testville will be sold in May.')
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const withToken = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } })
const address = () => new URL(`http://${daemon.host}/mcp`)

type Called = Readonly<Record<string, unknown>>

/** What both kinds of client can do. */
interface Connected {
  readonly tools: () => Promise<string[]>
  readonly call: (name: string, args: Record<string, unknown>) => Promise<Called>
  readonly resources: () => Promise<readonly { readonly uri: string; readonly name: string }[]>
  readonly read: (uri: string) => Promise<unknown>
  readonly close: () => Promise<void>
}

async function earlier(token: string): Promise<Connected> {
  const client = new EarlierClient({ name: 'earlier', version: '1' })
  await client.connect(new EarlierHttp(address(), withToken(token)))
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    resources: async () => (await client.listResources()).resources,
    read: async (uri) => (await client.readResource({ uri })).contents[0],
    close: () => client.close(),
  }
}

async function modern(token: string): Promise<Connected> {
  const client = new ModernClient(
    { name: 'modern', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(new ModernHttp(address(), withToken(token)))
  expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28')
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args) => client.callTool({ name, arguments: args }),
    resources: async () => (await client.listResources()).resources,
    read: async (uri) => (await client.readResource({ uri })).contents[0],
    close: () => client.close(),
  }
}

describe.each([
  ['an earlier client', earlier],
  ['a client of 2026-07-28', modern],
] as const)('%s', (_, connect) => {
  test('searches, asks, reads and lists', async () => {
    const client = await connect(daemon.token)
    expect((await client.tools()).toSorted()).toEqual([
      'ask',
      'list_collections',
      'list_documents',
      'read_document',
      'search',
    ])
    const found = await client.call('search', { query: 'When was the tower built?', limit: 1 })
    expect(found.structuredContent).toMatchObject({
      passages: [{ number: 1, uri: 'tower.md', collection: 'public', line: expect.any(Number) }],
    })
    const { structuredContent: asked } = await client.call('ask', {
      question: 'How high is the tower of Testville?',
    })
    expect(asked).toMatchObject({
      answer: expect.stringContaining('41 metres'),
      certainty: 'answered',
      citations: [{ number: 1, uri: 'tower.md', text: expect.stringContaining('41 metres') }],
    })
    const start = TOWER.indexOf('41')
    const { structuredContent: part } = await client.call('read_document', {
      document: 'tower.md',
      start,
      end: start + 2,
      around: 6,
    })
    expect(part).toMatchObject({
      uri: 'tower.md',
      text: TOWER.slice(start - 6, start + 8),
      length: TOWER.length,
    })
    const { structuredContent: rest } = await client.call('read_document', { document: 'tower.md', start: 5 })
    expect(rest).toMatchObject({ start: 5, end: TOWER.length, text: TOWER.slice(5) })
    expect(rest).not.toHaveProperty('next')
    const { structuredContent: first } = await client.call('list_documents', { limit: 1 })
    expect(first).toMatchObject({ documents: [{ uri: 'plan.md' }], next: 'plan.md' })
    const { structuredContent: second } = await client.call('list_documents', { limit: 1, after: 'plan.md' })
    expect(second).toMatchObject({ documents: [{ uri: 'tower.md' }] })
    expect((await client.call('list_collections', {})).structuredContent).toMatchObject({
      collections: expect.arrayContaining([{ name: 'public', documents: 1, chunks: 1 }]),
    })
    const resources = await client.resources()
    const tower = resources.find(({ name }) => name === 'tower.md')
    expect(await client.read(tower?.uri ?? '')).toMatchObject({ text: TOWER })
    await client.close()
  })

  test('says what its documents do not hold, and what is wrong with a call', async () => {
    const client = await connect(daemon.token)
    const missing = await client.call('ask', { question: 'Who painted the Sistine Chapel in Rome?' })
    expect(missing.structuredContent).toMatchObject({ certainty: expect.stringMatching(/not_found|unsure/) })
    for (const [name, args, said] of [
      ['read_document', { document: 'absent.md' }, /unknown_document: There is no document/],
      ['read_document', { document: 'tower.md', start: 9, end: 3 }, /bad_request: The span ends at 3/],
      ['search', { query: 'tower', collections: ['absent'] }, /unknown_collection/],
      ['search', { query: 'x'.repeat(9000) }, /Too big/],
      ['ask', { question: 'x', engine: 'absent' }, /unknown_engine/],
    ] as const) {
      const { isError, content } = await client.call(name, args)
      expect(isError).toBe(true)
      expect(JSON.stringify(content)).toMatch(said)
    }
    await client.close()
  })

  test('sees what its key may read, and nothing else', async () => {
    const name = `reader-${crypto.randomUUID()}`
    const { key } = await daemon.api.call('createKey', { body: { name, collections: ['public'] } })
    const client = await connect(key)
    expect(
      JSON.stringify(await client.call('search', { query: 'When will the tower be sold?' })),
    ).not.toContain('plan')
    expect(JSON.stringify(await client.call('list_documents', {}))).not.toContain('plan')
    expect(JSON.stringify(await client.resources())).not.toContain('plan')
    expect((await client.call('read_document', { document: 'plan.md' })).isError).toBe(true)
    await client.close()
    await expect(connect('no-key')).rejects.toThrow()
  })
})

const post = (headers: Record<string, string>, body: string) =>
  fetch(address(), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${daemon.token}`,
      ...headers,
    },
    body,
  })

test('a foreign page, no token and garbage are refused, and the daemon lives on', async () => {
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  expect((await post({ origin: 'https://evil.example' }, list)).status).toBe(403)
  expect((await post({ authorization: '' }, list)).status).toBe(401)
  for (const body of ['{', '[]', '42', '{"jsonrpc":"2.0"}', `[${'1,'.repeat(50_000)}1]`, '"\\u0000"']) {
    const response = await post({}, body)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } })
  }
  expect((await fetch(`http://${daemon.host}/healthz`)).status).toBe(200)
})
