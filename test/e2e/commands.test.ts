import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { CERTAINTIES } from '../../src/domain/certainty.ts'
import { type Workspace, workspace } from '../support/cli.ts'

/** One daemon for the whole file: its tests are one user's session, in order. */
let space: Workspace
beforeAll(async () => {
  space = await workspace()
  space.write({
    'docs/cats.md':
      '# Cats\n\nMurka sleeps sixteen hours a day. She eats fish.\n\n## Play\n\nIn the evening Murka plays with a red ball.\n',
    'docs/dogs.txt': 'Собака Шарик живёт в будке у ворот. Шарику семь лет.\n',
    'docs/page.html':
      '<html><title>Bees</title><body><h1>Bees</h1><p>Bees make honey from nectar.</p></body></html>',
    'docs/empty.md': '',
    'docs/picture.png': 'not taken',
    'docs/.gitignore': 'secret.md\n',
    'docs/secret.md': 'The password is swordfish.\n',
  })
})
afterAll(() => space[Symbol.asyncDispose]())

const fileSchema = z.object({ path: z.string(), status: z.string(), code: z.string().optional() })
const ingestSchema = z.object({ files: z.array(fileSchema), totals: z.record(z.string(), z.number()) })
const citationSchema = z.object({
  document: z.string(),
  uri: z.string(),
  start: z.int(),
  end: z.int(),
  text: z.string(),
})
const answerSchema = z.object({
  answer: z.string(),
  certainty: z.enum(CERTAINTIES),
  refused: z.boolean(),
  citations: z.array(citationSchema),
  cached: z.unknown(),
  timings: z.record(z.string(), z.number()),
  conversation: z.string(),
})
const listSchema = z.object({ documents: z.array(z.object({ id: z.string(), uri: z.string() })) })

test('doctor starts the daemon and finds everything in order', async () => {
  const { code, document } = await space.json(['doctor'])
  const checks = z
    .object({ checks: z.array(z.object({ name: z.string(), state: z.string(), detail: z.string() })) })
    .parse(document).checks
  expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
  expect(code).toBe(0)
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'Node.js',
      'Configuration',
      'Data directory',
      'Disk',
      'Lock',
      'Model',
      'Daemon',
      'Database',
      'Index',
    ]),
  )
})

test('empty states say what to do', async () => {
  expect((await space.run(['collections', 'list'])).stdout).toContain('chatbot ingest')
  expect((await space.run(['documents', 'list'])).stdout).toContain('chatbot ingest')
  const { code, stderr } = await space.run(['ask', 'Is', 'anybody', 'there?'])
  expect(code).toBe(0)
  expect(stderr).toContain('No documents yet. Add some: chatbot ingest ./docs')
})

test('a folder is ingested; the bad file is listed and makes the run partial', async () => {
  const { code, stdout, stderr } = await space.run(['ingest', 'docs'])
  expect(stderr).toContain('docs/empty.md: document_empty: ')
  expect(stdout).toContain('3 files indexed')
  expect(stdout).toContain('1 failed')
  expect(code).toBe(8)
})

test('a second run, from elsewhere, does nothing', async () => {
  const { code, document } = await space.json(['ingest', '.', '../docs/cats.md'], {
    cwd: join(space.dir, 'docs'),
  })
  const { files, totals } = ingestSchema.parse(document)
  expect(files.map(({ path, status }) => [path, status])).toEqual([
    [join(space.dir, 'docs/cats.md'), 'unchanged'],
    [join(space.dir, 'docs/dogs.txt'), 'unchanged'],
    [join(space.dir, 'docs/empty.md'), 'failed'],
    [join(space.dir, 'docs/page.html'), 'unchanged'],
  ])
  expect(totals).toMatchObject({ files: 4, unchanged: 3, failed: 1, indexed: 0 })
  expect(code).toBe(8)
})

test('all files failing is status 1, a path that is not there is named', async () => {
  const { code, stderr } = await space.run(['ingest', 'docs/empty.md', 'nowhere'])
  expect(code).toBe(1)
  expect(stderr).toContain('nowhere: not_found: ')
})

test('an answer with its sources, in both languages', async () => {
  const english = await space.run(['ask', 'What does Murka eat?'])
  expect(english.code).toBe(0)
  expect(english.stdout).toMatch(/She eats fish\..*\n\n\[1\] docs\/cats\.md:3 {2}“.*fish/s)
  const russian = answerSchema.parse((await space.json(['ask', 'Сколько лет Шарику?'])).document)
  expect(russian).toMatchObject({ certainty: 'answered', refused: false })
  expect(russian.answer).toContain('семь лет')
  const [citation] = russian.citations
  expect(citation?.uri).toBe(join(space.dir, 'docs/dogs.txt'))
  const span = `${citation?.start}:${citation?.end}`
  const shown = await space.json(['documents', 'show', citation?.document ?? '', '--at', span])
  expect(shown.document).toMatchObject({ text: citation?.text })
})

test('what the documents do not hold is refused, with status 0', async () => {
  const { code, document } = await space.json(['ask', 'What is the capital of Mongolia?'])
  expect(code).toBe(0)
  expect(answerSchema.parse(document)).toMatchObject({ certainty: 'not_found', refused: true, citations: [] })
})

test('the words of a question are asked in their order, with flags between them', async () => {
  const words = ['is', 'the', 'dog', 'bigger', '--json', 'than', 'the', 'cat', 'or', 'the', 'mouse']
  const { stdout } = await space.run(['ask', ...words])
  expect(z.looseObject({ question: z.string() }).parse(JSON.parse(stdout)).question).toBe(
    'is the dog bigger than the cat or the mouse',
  )
})

test('the question from stdin, the events as lines', async () => {
  const { code, stdout } = await space.run(['ask', '-', '--ndjson'], { input: 'What do bees make?\n' })
  expect(code).toBe(0)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => z.looseObject({ type: z.string() }).parse(JSON.parse(line)))
  expect(events[0]?.type).toBe('accepted')
  expect(events.at(-1)?.type).toBe('done')
  const text = events.flatMap(({ type, text: delta }) => (type === 'delta' ? [delta] : [])).join('')
  expect(text).toContain('honey')
})

test('errors of the daemon in every form', async () => {
  const plain = await space.run(['ask', 'x', '--collection', 'nope'])
  expect(plain).toMatchObject({ code: 9, stdout: '' })
  expect(plain.stderr).toMatch(/^Error: .*nope/)
  expect(await space.json(['ask', 'x', '--collection', 'nope'])).toMatchObject({
    code: 9,
    document: { error: { code: 'unknown_collection' } },
  })
  const lines = await space.run(['ask', 'x', '--collection', 'nope', '--ndjson'])
  expect(lines.code).toBe(9)
  expect(JSON.parse(lines.stdout)).toMatchObject({ type: 'error', error: { code: 'unknown_collection' } })
  expect((await space.run(['ask', 'x', '--engine', 'nope'])).code).toBe(3)
  expect((await space.run(['ask', ' '])).code).toBe(2)
  expect((await space.run(['ask', '-'], { input: 'x'.repeat(1_000_000) })).code).toBe(2)
  expect((await space.run(['conversations', 'show', 'nope'])).code).toBe(9)
})

test('search, with filters', async () => {
  const results = z.object({
    results: z.array(z.object({ uri: z.string(), chunk: z.string(), score: z.number(), text: z.string() })),
  })
  const all = results.parse((await space.json(['search', 'fish', '--limit', '5'])).document).results
  expect(all[0]?.uri).toBe(join(space.dir, 'docs/cats.md'))
  const filtered = results.parse(
    (await space.json(['search', 'fish', '--path', 'docs/*.txt'])).document,
  ).results
  expect(filtered.map(({ uri }) => uri)).toEqual([join(space.dir, 'docs/dogs.txt')])
  const without = results.parse(
    (await space.json(['search', 'fish', '--exclude', '**/cats.md'])).document,
  ).results
  expect(without.map(({ uri }) => uri)).not.toContain(join(space.dir, 'docs/cats.md'))
  expect((await space.run(['search', 'fish'])).stdout).toContain('docs/cats.md:1')
})

test('documents: list, show, delete', async () => {
  const { documents } = listSchema.parse((await space.json(['documents', 'list'])).document)
  expect(documents.map(({ uri }) => uri)).toEqual(
    ['docs/cats.md', 'docs/dogs.txt', 'docs/page.html'].map((path) => join(space.dir, path)),
  )
  expect((await space.run(['documents', 'show', 'docs/dogs.txt', '--text'])).stdout).toContain('Шарик живёт')
  expect((await space.run(['documents', 'show', 'docs/cats.md', '--at', '8:13'])).stdout).toContain(
    '⟦Murka⟧ sleeps',
  )
  const cited = await space.run(['documents', 'show', 'docs/cats.md', '--at', '8:13'])
  expect(cited.stderr).toMatch(/docs\/cats\.md:3, \S/u)
  expect((await space.run(['documents', 'show', 'docs/cats.md', '--at', '90000:90001'])).code).toBe(2)
  const refused = await space.run(['documents', 'rm', 'docs/page.html'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('--yes')
  expect((await space.run(['documents', 'rm', 'docs/page.html', '--yes'])).stdout).toContain(
    'Deleted docs/page.html',
  )
  expect((await space.run(['documents', 'show', 'docs/page.html'])).code).toBe(9)
})

test('a document from stdin, in a collection of its own, named under a root', async () => {
  const piped = await space.run(['ingest', '-', '--name', 'notes.md', '-c', 'notes'], {
    input: '# Tea\n\nTea is drunk at five.\n',
  })
  expect(piped.code).toBe(0)
  expect((await space.run(['ingest', 'docs/cats.md', '--root', 'docs', '-c', 'notes'])).code).toBe(0)
  const { documents } = listSchema.parse((await space.json(['documents', 'list', '-c', 'notes'])).document)
  expect(documents.map(({ uri }) => uri)).toEqual(['cats.md', 'notes.md'])
  const answer = answerSchema.parse((await space.json(['ask', 'When is tea drunk?', '-c', 'notes'])).document)
  expect(answer.answer).toContain('at five')
})

test('a changed file replaces its document', async () => {
  space.write({ 'docs/dogs.txt': 'Собака Шарик живёт в будке у ворот. Шарику восемь лет.\n' })
  const { document } = await space.json(['ingest', 'docs/dogs.txt'])
  expect(ingestSchema.parse(document).totals).toMatchObject({ indexed: 1, unchanged: 0 })
  const answer = answerSchema.parse((await space.json(['ask', 'Сколько лет Шарику?'])).document)
  expect(answer.answer).toContain('восемь')
  expect(answer.cached).toBe(false)
})

test('conversations: go on, list, show, export, delete', async () => {
  const { conversation } = answerSchema.parse((await space.json(['ask', 'What does Murka eat?'])).document)
  const next = answerSchema.parse(
    (await space.json(['ask', 'What does Murka play with?', '--conversation', conversation])).document,
  )
  expect(next.conversation).toBe(conversation)
  const exported = await space.run(['conversations', 'export', conversation])
  expect(exported.stdout).toMatch(/^# .*\n\n## What does Murka eat\?/)
  expect(exported.stdout).toContain('cats.md:')
  expect((await space.run(['conversations', 'list'])).stdout).toContain(conversation)
  expect((await space.json(['conversations', 'show', conversation])).document).toMatchObject({
    turns: [{ question: 'What does Murka eat?' }, { question: 'What does Murka play with?' }],
  })
  expect((await space.run(['conversations', 'rm', conversation, '--yes'])).code).toBe(0)
  expect((await space.run(['conversations', 'show', conversation])).code).toBe(9)
})

test('collections and the index', async () => {
  expect((await space.run(['collections', 'create', 'fresh'])).code).toBe(0)
  expect(await space.json(['collections', 'create', 'fresh'])).toMatchObject({
    code: 1,
    document: { error: { code: 'collection_exists' } },
  })
  expect((await space.run(['collections', 'list'])).stdout).toMatch(/fresh +0 +0/)
  expect((await space.run(['collections', 'set', 'fresh'])).code).toBe(2)
  expect((await space.run(['collections', 'set', 'fresh', '--engine', 'none'])).stderr).toContain(
    'extractive',
  )
  expect((await space.run(['collections', 'set', 'fresh', '--engine', 'extractive'])).stdout).toContain(
    'answered by extractive',
  )
  expect((await space.run(['collections', 'list'])).stdout).toMatch(/fresh +0 +0 +0 +on +extractive/)
  expect(await space.json(['collections', 'set', 'fresh', '--default-engine'])).toMatchObject({
    document: { engine: null, cache: true },
  })
  expect((await space.run(['collections', 'rm', 'fresh', '--yes'])).code).toBe(0)
  expect((await space.run(['index', 'list'])).stdout).toContain('active')
  expect((await space.json(['index', 'stats'])).document).toMatchObject({ collections: 2 })
})

test('the log and the status of the running daemon', async () => {
  expect((await space.run(['logs'])).stdout).toMatch(/INFO +daemon ready/)
  const raw = await space.run(['logs', '--json', '--lines', '1'])
  expect(() => JSON.parse(raw.stdout)).not.toThrow()
  expect((await space.json(['status'])).document).toMatchObject({ running: true, ready: true })
  await space.run(['ask', 'Who keeps the keys of the tower?'])
  const { stdout } = await space.run(['status'])
  expect(stdout).toMatch(/^Cache +\d+ answers?; gave \d+ % of \d+: \d+ exact, \d+ semantic$/m)
  expect(stdout).toMatch(/^Pool +\d+ busy, \d+ idle; 0 waiting$/m)
  expect(stdout).toMatch(/^Stage +Times +p50 +p95$/m)
  expect(stdout).toMatch(/^whole answer +\d+ +[\d.]+m?s +[\d.]+m?s$/m)
})

test('escape sequences in documents do not reach the reader', async () => {
  space.write({ 'evil/evil.md': '# Evil\n\nThe dragon \x1b]0;owned\x07 guards \x1b[2J gold \u202e coins.\n' })
  await space.run(['ingest', 'evil'])
  const { stdout } = await space.run(['ask', 'What does the dragon guard?', '--path', 'evil/*'])
  expect(stdout).toContain('gold')
  expect(stdout).not.toMatch(/[\x1b\x07\u202e]/)
})

test('a reader that has seen enough ends the command quietly', async () => {
  const { child, finished } = space.start(['documents', 'show', 'docs/cats.md', '--text'])
  child.stdout?.destroy()
  const { stderr } = await finished
  expect(stderr).toBe('')
})

test('doctor names a collection whose engine is not configured any more', async () => {
  const env = { CHATBOT_ENGINES_OTHER_BASE_URL: 'http://127.0.0.1:9/v1', CHATBOT_ENGINES_OTHER_MODEL: 'm' }
  await space.run(['stop'])
  await space.run(['start'], { env })
  expect((await space.run(['collections', 'set', 'default', '--engine', 'other'])).code).toBe(0)
  await space.run(['stop'])
  const { code, stdout } = await space.run(['doctor'])
  expect(stdout).toContain('the collection default uses the engine other, which is not configured')
  expect(stdout).toContain('chatbot collections set default --default-engine')
  expect(code).toBe(1)
  expect((await space.run(['collections', 'set', 'default', '--default-engine'])).code).toBe(0)
  expect((await space.run(['doctor'])).code).toBe(0)
})

test('an old name of a setting is read, and doctor, the list and the log say the new one', async () => {
  const env = { CHATBOT_LOCAL_ENGINES_OLD_MODEL: 'org/none' }
  const said = 'CHATBOT_LOCAL_ENGINES_OLD_MODEL is now CHATBOT_ENGINES_OLD_MODEL'
  await space.run(['stop'])
  await space.run(['start'], { env })
  expect((await space.run(['engines', 'list'])).stdout).toMatch(/old +local +unusable/)
  expect((await space.run(['logs'])).stdout).toContain(said)
  expect(await space.run(['config', 'list'], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('engines.old.kind'),
    stderr: expect.stringContaining(said),
  })
  const { code, stdout } = await space.run(['doctor'], { env })
  expect(stdout).toContain(`! Configuration: ${said}`)
  expect(stdout).toContain('! Engine old: local, org/none on this machine; on request; ')
  expect(code).toBe(0)
  await space.run(['stop'])
})
