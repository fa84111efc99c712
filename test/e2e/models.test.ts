import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Workspace, workspace } from '../support/cli.ts'
import { type HubServer, startHub } from '../support/hub-server.ts'
import { tinyChatModel } from '../support/tiny-chat-model.ts'
import { tinyEmbedder, tinyReranker } from '../support/tiny-models.ts'

let space: Workspace
let hub: HubServer
beforeAll(async () => {
  const says = ['Snapshots', 'are', 'restored', 'with', 'the', 'command', 'thaw', '[1].']
  const served = (files: Readonly<Record<string, string | Uint8Array>>) =>
    new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]))
  hub = await startHub({
    'tiny/embedder': { commit: 'a'.repeat(40), files: served(tinyEmbedder()), card: { license: 'llama9' } },
    'tiny/chat': { commit: 'c'.repeat(40), files: served(tinyChatModel({ says })) },
    'tiny/reranker': { commit: 'b'.repeat(40), files: served(tinyReranker()) },
  })
  space = await workspace()
})
afterAll(async () => {
  await space[Symbol.asyncDispose]()
  await hub[Symbol.asyncDispose]()
})

const run = (...args: string[]) => space.run(['models', ...args], { env: { HF_ENDPOINT: hub.endpoint } })

test('the catalogue is shown without a hub', async () => {
  const { code, stdout } = await space.run(['models', 'list'])
  expect(code).toBe(0)
  expect(stdout).toContain('Xenova/multilingual-e5-small')
  expect((await space.run(['models', 'show', 'Xenova/bge-m3'])).stdout).toContain(
    'chatbot models pull Xenova/bge-m3',
  )
  expect((await space.run(['models', 'list', '--installed'])).stdout).toContain('Nothing is installed')
})

test('a model is pulled, shown, verified, used and deleted', async () => {
  const pulled = await run('pull', 'tiny/reranker')
  expect(pulled).toMatchObject({ code: 0, stdout: expect.stringContaining('checksums match') })
  expect((await run('pull', 'tiny/reranker')).stdout).toContain('is already installed')
  expect((await run('verify')).stdout).toMatch(/builtin: works[\s\S]*tiny\/reranker@b+:q8: works/)
  expect((await run('use', 'tiny/reranker')).stdout).toContain('The next command uses it.')
  expect((await space.run(['config', 'get', 'reranker.model'])).stdout.trim()).toBe('tiny/reranker')
  expect((await run('rm', 'tiny/reranker')).stderr).toContain('The setting reranker.model refers to it.')
  expect((await run('rm', 'tiny/reranker', '--yes')).code).toBe(0)
  const { code, stderr } = await run('verify', 'tiny/reranker')
  expect(code).toBe(9)
  expect(stderr).toContain('chatbot models pull tiny/reranker')
})

test('a licence that is not open wants a flag where nobody can be asked', async () => {
  const refused = await run('pull', 'tiny/embedder')
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--accept-licence') })
  const accepted = await run('pull', 'tiny/embedder', '--accept-licence', '--variant', 'fp16', '--json')
  expect(z.object({ variant: z.string() }).parse(JSON.parse(accepted.stdout)).variant).toBe('fp16')
  expect(accepted.stderr).toBe('')
})

test('a daemon whose reranker is not there answers in the order of the search, and says why', async () => {
  space.write({ 'a.md': '# Snapshots\n\nSnapshots are restored with the command restore.\n' })
  await space.run(['config', 'set', 'reranker.model', 'tiny/gone'])
  expect((await space.run(['ingest', 'a.md'])).code).toBe(0)
  const { code, stdout, stderr } = await space.run(['ask', 'How are snapshots restored?'])
  expect(code).toBe(0)
  expect(stdout).toContain('restore')
  expect(stderr).toContain('chatbot models pull tiny/gone')
})

test('from the hub to a streamed and cited answer of local models, without a network', async () => {
  await using own = await workspace()
  const hubbed = { env: { HF_ENDPOINT: hub.endpoint } }
  own.write({ 'a.md': '# Snapshots\n\nSnapshots are restored with the command thaw.\n' })
  expect((await own.run(['ingest', 'a.md'])).code).toBe(0)

  const chat = await own.run(['models', 'pull', 'tiny/chat'], hubbed)
  expect(chat).toMatchObject({ code: 0, stdout: expect.stringContaining('chatbot models use tiny/chat') })
  expect((await own.run(['models', 'pull', 'tiny/embedder', '--accept-licence'], hubbed)).code).toBe(0)
  const asked = hub.requests.length
  const offline = { env: { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: '1' } }

  expect((await own.run(['models', 'use', 'tiny/chat'], offline)).stdout).toContain('chatbot restart')
  expect((await own.run(['models', 'use', 'tiny/embedder'], offline)).stdout).toContain('index rebuild')
  expect((await own.run(['restart'], offline)).code).toBe(0)
  expect((await own.run(['index', 'rebuild', '--model', 'tiny/embedder'], offline)).stdout).toContain(
    'rebuilt',
  )
  expect((await own.run(['index', 'list'])).stdout).toContain('tiny/embedder')

  const { code, stdout } = await own.run(['ask', 'How are snapshots restored?', '--ndjson'], offline)
  expect(code).toBe(0)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => z.looseObject({ type: z.string(), text: z.string().optional() }).parse(JSON.parse(line)))
  // Pieces that come quickly after each other are sent as one delta: how many there are is the machine's affair.
  const streamed = events.filter(({ type }) => type === 'delta').map(({ text }) => text)
  expect(streamed.join('')).toBe('Snapshots are restored with the command thaw [1].')
  expect(events.at(-1)).toMatchObject({
    answer: {
      text: 'Snapshots are restored with the command thaw [1].',
      generator: 'local:tiny/chat',
      citations: [{ uri: expect.stringContaining('a.md') }],
      usage: { completionTokens: 8 },
    },
  })
  expect(hub.requests.length).toBe(asked)

  expect((await own.run(['stop'])).code).toBe(0)
  expect((await own.run(['models', 'use', 'builtin'], offline)).stdout).toContain('The next command uses it.')
})
