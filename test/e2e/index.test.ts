/** Indexes of several models, as a user makes, changes and drops them; one of the models is an endpoint that fails. */
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { type Workspace, workspace } from '../support/cli.ts'
import {
  cut,
  DIMENSIONS,
  type EmbeddingServer,
  embeddingServer,
  narrow,
  page,
  refusing,
  silent,
} from '../support/embedding-server.ts'
import { tinyEmbedder, writeFolder } from '../support/tiny-models.ts'
import { until } from '../support/until.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let space: Workspace
let endpoint: EmbeddingServer
beforeAll(async () => {
  endpoint = await embeddingServer()
  space = await workspace()
  Object.assign(space.env, {
    CHATBOT_EMBEDDERS_CLOUD_BASE_URL: endpoint.baseUrl,
    CHATBOT_EMBEDDERS_CLOUD_MODEL: 'text-embed',
    CHATBOT_EMBEDDERS_CLOUD_DIMENSIONS: String(DIMENSIONS),
  })
  await writeFolder(join(space.dir, 'tiny'), tinyEmbedder())
  space.write({
    'cats/cats.md': '# Cats\n\nMurka sleeps sixteen hours a day. She eats fish.\n',
    'cats/play.md': '# Play\n\nIn the evening Murka plays with a red ball.\n',
    'bees/bees.md': '# Bees\n\nBees make honey from nectar. Murka fears them.\n',
  })
})
afterAll(async () => {
  await space[Symbol.asyncDispose]()
  await endpoint[Symbol.asyncDispose]()
})

const listSchema = z.object({
  generations: z.array(
    z.object({ id: z.int(), collection: z.string(), reference: z.string(), state: z.string() }),
  ),
})
const generations = async () => listSchema.parse((await space.json(['index', 'list'])).document).generations

async function found(...args: string[]): Promise<string[]> {
  const { document } = await space.json(['search', ...args])
  const { results } = z.object({ results: z.array(z.object({ uri: z.string() })) }).parse(document)
  return [...new Set(results.map(({ uri }) => basename(uri)))].toSorted()
}

test('an index is listed, counted and verified', async () => {
  expect((await space.run(['ingest', 'cats', '--collection', 'cats'])).code).toBe(0)
  expect((await space.run(['ingest', 'bees', '--collection', 'bees'])).code).toBe(0)
  expect((await space.run(['index', 'list'])).stdout).toMatch(/cats +active +2 +2 /)
  expect((await space.json(['index', 'stats'])).document).toMatchObject({
    documents: 3,
    chunks: 3,
    generations: 2,
  })
  const verified = await space.run(['index', 'verify'])
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('cats: 2 documents, 2 chunks') })
  expect((await space.run(['index', 'rebuild'])).stdout).toContain('cats: the index is up to date.')
})

test('another model takes over at once, and a question searches both', async () => {
  const rebuilt = await space.run(['index', 'rebuild', '--collection', 'cats', '--model', './tiny'])
  expect(rebuilt).toMatchObject({ code: 0, stdout: 'cats: rebuilt, 2 documents, 2 chunks.\n' })
  expect(await generations()).toEqual([
    expect.objectContaining({ collection: 'bees', state: 'active', reference: 'builtin' }),
    expect.objectContaining({ collection: 'cats', state: 'active', reference: join(space.dir, 'tiny') }),
  ])
  expect((await space.run(['index', 'verify'])).code).toBe(0)
  expect(await found('Murka red', '--collection', 'cats', '--collection', 'bees')).toEqual([
    'bees.md',
    'cats.md',
    'play.md',
  ])
  // What comes later is embedded by the collection's model, too.
  space.write({ 'cats/new.md': 'Green and blue.\n' })
  expect((await space.run(['ingest', 'cats', '--collection', 'cats'])).code).toBe(0)
  expect(await found('green', '--collection', 'cats', '--limit', '1')).toEqual(['new.md'])
  expect((await space.run(['index', 'verify', '--collection', 'cats'])).stdout).toContain('3 documents')
})

test('a model that is not there changes nothing', async () => {
  expect(await space.json(['index', 'rebuild', '--collection', 'cats', '--model', 'no/such'])).toMatchObject({
    code: 9,
    document: { error: { code: 'unknown_model' } },
  })
  expect(await found('green', '--collection', 'cats', '--limit', '1')).toEqual(['new.md'])
})

test('a generation that is being made is dropped; the one that is searched is not', async () => {
  endpoint.always = silent
  const begun = await space.run(['index', 'rebuild', '-c', 'bees', '--model', 'cloud', '--detach'])
  expect(begun).toMatchObject({ code: 0, stdout: expect.stringContaining('--follow') })
  const made = (await generations()).find(({ state }) => state === 'building')
  const searched = (await generations()).find(
    ({ collection, state }) => collection === 'bees' && state === 'active',
  )
  expect(await found('honey', '--collection', 'bees')).toEqual(['bees.md'])
  expect(await space.run(['index', 'drop', String(searched?.id), '--yes'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is the active one of'),
  })
  expect(await space.run(['index', 'drop', String(made?.id), '--yes'])).toMatchObject({ code: 0 })
  expect((await space.json(['jobs', 'list'])).document).toMatchObject({
    jobs: expect.arrayContaining([expect.objectContaining({ kind: 'rebuild', state: 'cancelled' })]),
  })
  await until(async () => ((await generations()).length === 2 ? true : undefined))
  expect((await space.run(['index', 'drop', String(made?.id), '--yes'])).code).toBe(9)
  endpoint.always = undefined
})

test('an endpoint that fails for a while is waited for', async () => {
  endpoint.faults = [
    refusing(429, { 'retry-after': '1' }),
    refusing(500),
    cut,
    (response) => response.destroy(),
  ]
  const rebuilt = await space.run(['index', 'rebuild', '--collection', 'bees', '--model', 'cloud'])
  expect(rebuilt).toMatchObject({ code: 0, stdout: 'bees: rebuilt, 1 document, 1 chunk.\n' })
  expect(endpoint.faults).toEqual([])
  expect(endpoint.embedded).toHaveLength(1)
  endpoint.faults = [refusing(503), refusing(503), refusing(503), refusing(503)]
  space.write({ 'bees/wasps.md': 'Wasps do not.\n' })
  expect((await space.run(['ingest', 'bees', '--collection', 'bees'])).code).toBe(0)
  expect(await found('Wasps', '--collection', 'bees')).toContain('wasps.md')
})

test.each([
  ['vectors of another width', narrow, 'embedder_unusable', 3],
  ['a page', page, 'embedder_unusable', 3],
  ['a refusal', refusing(404), 'embedder_unusable', 3],
  ['another key', refusing(401), 'engine_unauthenticated', 3],
])(
  'an endpoint that gives %s ends the ingest, and a rerun completes it',
  async (name, fault, code, status) => {
    const file = `${name.replaceAll(' ', '-')}.md`
    space.write({ [`bees/${file}`]: `About ${name}.\n` })
    endpoint.always = fault
    const failed = await space.json(['ingest', 'bees', '--collection', 'bees'])
    endpoint.always = undefined
    expect(failed).toMatchObject({ code: status, document: { stopped: { code } } })
    expect((await space.run(['ingest', 'bees', '--collection', 'bees'])).code).toBe(0)
    expect(await found(`About ${name}`, '--collection', 'bees', '--limit', '50')).toContain(file)
    expect((await space.run(['index', 'verify', '--collection', 'bees'])).code).toBe(0)
  },
)
