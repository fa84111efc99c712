/** `chatbot eval` as a user runs it, on a part of XQuAD; its first test is the floor under our own quality. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { packageRoot } from '../../src/config/package-root.ts'
import { type Workspace, workspace } from '../support/cli.ts'

const ARTICLES = ['warsaw', 'oxygen', 'genghis-khan', 'kenya']
const LANGUAGES = ['en', 'ru'] as const
const examples = join(packageRoot(), 'examples', 'xquad')

const querySchema = z.object({ text: z.string(), answers: z.array(z.string()), document: z.string() })

let space: Workspace
beforeAll(async () => {
  space = await workspace()
  const folders = LANGUAGES.flatMap((language) =>
    ARTICLES.map((article) => join(examples, language, article)),
  )
  const { code } = await space.run(['ingest', ...folders, '--root', examples])
  expect(code).toBe(0)
  space.write({
    'answerable.jsonl': set(({ text, answers, document }, language) => ({
      question: text,
      answers,
      documents: [`${language}/${document}`],
    })),
    'absent.jsonl': set(({ text, document }) => ({
      question: text,
      answerable: false,
      filter: { excludePaths: [`*/${document.split('/')[0]}/**`] },
    })),
  })
})
afterAll(() => space[Symbol.asyncDispose]())

/** The questions on these articles in both languages, as JSON Lines. */
function set(question: (query: z.output<typeof querySchema>, language: string) => object): string {
  return LANGUAGES.flatMap((language) =>
    readFileSync(join(packageRoot(), 'test', 'data', 'xquad', `queries.${language}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => querySchema.parse(JSON.parse(line)))
      .filter(({ document }) => ARTICLES.some((article) => document.startsWith(`${article}/`)))
      .map((query) => `${JSON.stringify(question(query, language))}\n`),
  ).join('')
}

const measuredSchema = z.object({ mean: z.number(), questions: z.number() })
const reportSchema = z.object({
  questions: z.number(),
  interrupted: z.boolean(),
  unknownDocuments: z.array(z.string()),
  runs: z.array(
    z.object({
      measured: z.number(),
      failed: z.array(z.unknown()),
      sets: z.array(z.object({ set: z.string(), metrics: z.record(z.string(), measuredSchema) })),
      comparison: z
        .object({
          questions: z.number(),
          sets: z.array(z.object({ changes: z.record(z.string(), z.object({ verdict: z.string() })) })),
        })
        .optional(),
    }),
  ),
  gates: z.array(z.object({ metric: z.string(), kept: z.boolean() })),
})

test('search and answers keep their floors in both languages', async () => {
  const searched = await space.run([
    ...['eval', 'answerable.jsonl', '--no-answers'],
    ...['--min', 'en:recall@1=0.96', '--min', 'en:recall@5=0.99', '--min', 'en:mrr@10=0.97'],
    ...['--min', 'ru:recall@1=0.94', '--min', 'ru:recall@5=0.98', '--min', 'ru:mrr@10=0.95'],
  ])
  expect(searched.stdout).toContain('✓ ru:mrr@10')
  expect(searched).toMatchObject({ code: 0 })

  const answered = await space.run([
    ...['eval', 'answerable.jsonl', '--limit', '40', '--sample', '1', '--min', 'citations=1'],
    ...['--min', 'answer=0.85', '--max', 'refused-answerable=0.1', '--max', 'sentences=1.8'],
  ])
  expect(answered.stdout).toContain('✓ citations 1.000')
  expect(answered).toMatchObject({ code: 0 })

  const absent = await space.run([
    ...['eval', 'absent.jsonl', '--limit', '30', '--sample', '1', '--min', 'refused-unanswerable=0.85'],
  ])
  expect(absent).toMatchObject({ code: 0 })
}, 300_000)

test('a run is saved and compared; a missed bound is exit status 10', async () => {
  const args = ['eval', 'answerable.jsonl', '--no-answers', '--limit', '20']
  expect((await space.run([...args, '--save', 'before.json'])).code).toBe(0)
  const { code, document } = await space.json([
    ...[...args, '--baseline', 'before.json'],
    ...['--min', 'recall@1=1.01', '--min', 'recall@10=0'],
  ])
  expect(code).toBe(10)
  const { runs, gates } = reportSchema.parse(document)
  expect(gates.map(({ kept }) => kept)).toEqual([false, true])
  expect(runs[0]?.comparison?.questions).toBe(20)
  expect(runs[0]?.comparison?.sets[0]?.changes['recall@1']?.verdict).toBe('same')
})

test('a sweep is a run for what is configured and for each value', async () => {
  const { code, document } = await space.json([
    ...['eval', 'answerable.jsonl', '--limit', '3', '--sweep', 'retrieval.passages=1,2'],
  ])
  expect(code).toBe(0)
  const { runs } = reportSchema.parse(document)
  expect(runs.map(({ measured }) => measured)).toEqual([3, 3, 3])
  expect(runs.map(({ comparison }) => comparison?.questions)).toEqual([undefined, 3, 3])
})

test('the cache is tried with paraphrases and opposites, and conversations are removed', async () => {
  space.write({
    'cache.jsonl': `${JSON.stringify({
      question: 'What is the capital of Poland?',
      paraphrases: ['What is the capital of  Poland?'],
      opposites: ['What is the capital of Kenya?'],
    })}\n`,
  })
  const { document } = await space.json(['eval', 'cache.jsonl'])
  const [run] = reportSchema.parse(document).runs
  expect(run?.failed).toEqual([])
  expect(run?.sets[0]?.metrics['cache-false-hits']).toEqual(
    expect.objectContaining({ mean: 0, questions: 1 }),
  )
  const { document: list } = await space.json(['conversations', 'list'])
  expect(list).toEqual({ conversations: [] })
})

test('Ctrl-C prints what was measured, and leaves no conversation behind', async () => {
  const { child, finished, seen } = space.start(['eval', 'answerable.jsonl', '--jobs', '2'])
  await seen(/\d of \d+ questions/)
  child.kill('SIGINT')
  const { code, stdout } = await finished
  expect(stdout).toMatch(/of \d+, .*interrupted/)
  expect(stdout).toContain('recall@1')
  expect(code).toBe(130)
  expect((await space.json(['conversations', 'list'])).document).toEqual({ conversations: [] })
})

test('what cannot be measured is said before it is tried', async () => {
  space.write({
    'wrong.jsonl': '{"question":"a b c"}\n{"qestion":"x"}\n',
    'elsewhere.jsonl': '{"question":"a b c","documents":["nowhere.md"]}\n',
    'typo.jsonl':
      '{"question":"Where is Warsaw?","documents":["en/warsaw/1.md"]}\n{"question":"And Kenya?","documents":["en/kenia/1.md"]}\n',
  })
  const wrong = await space.run(['eval', 'wrong.jsonl'])
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong.jsonl:2: ') })
  const elsewhere = await space.run(['eval', 'elsewhere.jsonl'])
  expect(elsewhere).toMatchObject({ code: 9, stderr: expect.stringContaining('nowhere.md') })
  expect((await space.run(['eval', 'missing.jsonl'])).code).toBe(9)
  const typo = await space.run(['eval', 'typo.jsonl', '--no-answers'])
  expect(typo).toMatchObject({ code: 0, stderr: expect.stringContaining('never found: en/kenia/1.md') })
})
