import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Workspace, workspace } from '../support/cli.ts'

// A dozen commands a test, on machines that are busy.
vi.setConfig({ testTimeout: 240_000 })

/** One daemon for the whole file: its tests are one user's session, in order. */
let space: Workspace
beforeAll(async () => {
  space = await workspace()
  space.write({
    'docs/cats.md': '# Cats\n\nMurka the cat sleeps sixteen hours a day.\n',
    'docs/dogs.md': '# Dogs\n\nSharik the dog lives in a kennel by the gate.\n',
    'docs/birds.md': '# Birds\n\nThe parrot Kesha knows forty words.\n',
    'docs/fish.txt': 'The pike in the pond is older than the house.\n',
  })
})
afterAll(() => space[Symbol.asyncDispose]())

const at = (path: string) => join(space.dir, path)

const totalsSchema = z.object({ totals: z.record(z.string(), z.number()) })
const sourcesSchema = z.object({
  sources: z.array(z.object({ id: z.string(), location: z.string(), kind: z.string(), documents: z.int() })),
})

async function totals(...args: readonly string[]) {
  const { code, document } = await space.json(args)
  return { code, ...totalsSchema.parse(document).totals }
}

async function documents(): Promise<Map<string, string>> {
  const { document } = await space.json(['documents', 'list'])
  const listed = z
    .object({ documents: z.array(z.object({ id: z.string(), uri: z.string() })) })
    .parse(document)
  return new Map(listed.documents.map(({ uri, id }) => [uri.replace(`${space.dir}/`, ''), id]))
}

const sources = async () => sourcesSchema.parse((await space.json(['sources', 'list'])).document).sources

async function ask(question: string) {
  const { document } = await space.json(['ask', question])
  return z.object({ cached: z.unknown(), citations: z.array(z.object({ uri: z.string() })) }).parse(document)
}

test('a folder is remembered, and a second run finds nothing to do', async () => {
  expect(await totals('ingest', 'docs')).toMatchObject({ code: 0, added: 4, unchanged: 0 })
  expect(await totals('ingest', 'docs')).toMatchObject({ code: 0, indexed: 0, unchanged: 4 })
  expect(await sources()).toMatchObject([{ location: at('docs'), kind: 'folder', documents: 4 }])
  expect((await space.run(['sources', 'list'])).stdout).toMatch(/folder\s+4 .* docs\n/)
})

test('a renamed file keeps its document, and no cached answer cites the old name', async () => {
  const question = 'How many hours a day does Murka the cat sleep?'
  expect((await ask(question)).citations[0]?.uri).toBe(at('docs/cats.md'))
  expect((await ask(question)).cached).toMatchObject({ tier: 'exact' })
  const before = await documents()
  mkdirSync(at('docs/pets'))
  renameSync(at('docs/cats.md'), at('docs/pets/murka.md'))
  expect(await totals('ingest', 'docs')).toMatchObject({ moved: 1, indexed: 0, unchanged: 3, left: 0 })
  expect((await documents()).get('docs/pets/murka.md')).toBe(before.get('docs/cats.md'))
  const after = await ask(question)
  expect(after.cached).toBe(false)
  expect(after.citations[0]?.uri).toBe(at('docs/pets/murka.md'))
})

test('what would change is listed, and nothing is done', async () => {
  rmSync(at('docs/fish.txt'))
  space.write({ 'docs/dogs.md': '# Dogs\n\nSharik is seven years old.\n', 'docs/new.md': 'A new page.\n' })
  const before = await documents()
  const { stdout } = await space.run(['sources', 'sync', '--dry-run', '--prune'])
  expect(stdout.split('\n').slice(0, 3)).toEqual(['~ docs/dogs.md', '- docs/fish.txt', '+ docs/new.md'])
  expect(await documents()).toEqual(before)
  const unknown = await totals('ingest', 'docs', '--dry-run', '-c', 'other')
  expect(unknown).toMatchObject({ added: 4 })
  expect((await space.run(['collections', 'list'])).stdout).not.toContain('other')
})

test('what left stays until it is pruned; more than half of a source only with --yes', async () => {
  const kept = await space.run(['sources', 'sync', 'docs'])
  expect(kept.stdout).toContain('1 added, 1 changed')
  expect(kept.stdout).toContain('1 document left the source and stayed (--prune deletes them)')
  expect((await documents()).has('docs/fish.txt')).toBe(true)
  expect(await totals('ingest', 'docs', '--prune')).toMatchObject({ code: 0, removed: 1 })
  expect((await documents()).has('docs/fish.txt')).toBe(false)

  const question = 'How many words does the parrot Kesha know?'
  expect((await ask(question)).citations[0]?.uri).toBe(at('docs/birds.md'))
  for (const name of ['birds.md', 'new.md', 'dogs.md']) rmSync(at(`docs/${name}`))
  const refused = await space.run(['ingest', 'docs', '--prune'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('3 documents of 4 left the source')
  expect(await totals('ingest', 'docs', '--prune', '--yes')).toMatchObject({ code: 0, removed: 3 })
  const gone = await ask(question)
  expect(gone).toMatchObject({ cached: false, citations: [] })
})

test('a folder that cannot be read loses nothing', async () => {
  renameSync(at('docs'), at('elsewhere'))
  const { code, stderr } = await space.run(['sources', 'sync', '--prune', '--yes'])
  expect(code).toBe(1)
  expect(stderr).toContain('no documents count as gone')
  expect(await documents()).toHaveLength(1)
  renameSync(at('elsewhere'), at('docs'))
})

test('changes in a folder are followed until Ctrl-C, over a restart of the daemon', {
  timeout: 120_000,
}, async () => {
  const { child, finished, seen } = space.start(['ingest', 'docs', '--watch'])
  await seen(/Watching .*docs; press Ctrl-C to stop/)
  space.write({
    'docs/deep/er/tea.md': 'Tea is made at five.\n',
    'docs/.tea.md.swp': 'x',
    'docs/tea.md~': 'x',
  })
  await seen(/1 added in default/)
  renameSync(at('docs/deep/er/tea.md'), at('docs/tea.md'))
  await seen(/1 moved in default/)
  // As editors save: the file is gone for a moment.
  renameSync(at('docs/tea.md'), at('docs/tea.md~'))
  writeFileSync(at('docs/tea.md'), 'Tea is made at six.\n')
  await seen(/1 changed in default/)
  expect((await space.run(['restart'])).code).toBe(0)
  rmSync(at('docs/tea.md'))
  await seen(/1 deleted in default/)
  child.kill('SIGINT')
  const { code, stdout } = await finished
  expect(code).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(4)
})

test('a source is forgotten with its documents or without', async () => {
  space.write({ 'docs/more.md': 'More.\n' })
  await space.run(['ingest', 'docs'])
  expect((await space.run(['sources', 'rm', 'docs'])).stderr).toContain('This deletes 2 documents of docs')
  expect((await space.run(['sources', 'rm', 'docs', '--keep-documents'])).code).toBe(0)
  expect(await documents()).toHaveLength(2)
  expect(await totals('ingest', 'docs')).toMatchObject({ unchanged: 2 })
  const [{ id, documents: held } = { id: '', documents: 0 }] = await sources()
  expect(held).toBe(2)
  const { stdout } = await space.run(['sources', 'rm', id.slice(0, 8), '--yes'])
  expect(stdout).toBe('Removed docs and deleted 2 documents.\n')
  expect(await documents()).toHaveLength(0)
  expect((await space.run(['sources', 'sync', 'docs'])).code).toBe(9)
})

test('a web page is ingested, asked for again by its validators, and refused unless it may be read', async () => {
  let text = 'Кошка Мурка спит весь день.'
  const requests: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const etag = `"${text.length}"`
    requests.push(request.headers['if-none-match'])
    response.setHeader('content-type', 'text/html; charset=utf-16le')
    response.setHeader('etag', etag)
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.end(Buffer.from(`<h1>Кошки</h1><p>${text}</p>`, 'utf16le'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/cats`
  try {
    const refused = await space.run(['ingest', url])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('url_refused')
    expect(requests).toEqual([])

    const env = { CHATBOT_INGEST_ALLOW_PRIVATE_URLS: 'true' }
    const sync = async (...args: readonly string[]) =>
      totalsSchema.parse((await space.json(args, { env })).document).totals
    expect(await sync('ingest', `${url}#part`)).toMatchObject({ added: 1 })
    expect(await sync('ingest', url)).toMatchObject({ unchanged: 1 })
    expect(requests).toEqual([undefined, '"27"'])
    const shown = await space.run(['documents', 'show', url, '--text'])
    expect(shown.stdout).toContain('Кошка Мурка спит весь день.')
    text = 'Кошка Мурка проснулась.'
    const { stdout } = await space.run(['sources', 'sync', url], { env })
    expect(stdout).toContain('0 added, 1 changed')
  } finally {
    server.close()
    server.closeAllConnections()
  }
})
