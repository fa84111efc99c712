import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { packageRoot } from '../../../src/config/package-root.ts'
import type { Certainty } from '../../../src/domain/certainty.ts'
import { ChatbotError } from '../../../src/domain/errors.ts'
import { meanInterval, pairedDifference } from '../../../src/evaluation/bootstrap.ts'
import { compareRuns } from '../../../src/evaluation/compare.ts'
import { checkGates, parseGate } from '../../../src/evaluation/gates.ts'
import { dropKnown, ranksOf } from '../../../src/evaluation/gold.ts'
import {
  containsAnswer,
  ndcgAt,
  normalised,
  quantile,
  recallAt,
  reciprocalRankAt,
  tokenF1,
} from '../../../src/evaluation/metrics.ts'
import type { QuestionOutcome } from '../../../src/evaluation/outcome.ts'
import { readQuestionFile, readQuestions, sampleOf } from '../../../src/evaluation/questions.ts'
import { reportOf } from '../../../src/evaluation/report.ts'
import { loadOutcomes, saveRun } from '../../../src/evaluation/saved.ts'
import { describeOptions, parseOptions, variantsOf } from '../../../src/evaluation/variants.ts'
import { question } from './question.ts'

test('recall, MRR and nDCG of ranks', () => {
  expect(recallAt(1, [1])).toBe(1)
  expect(recallAt(5, [2, 6, null, 1])).toBe(0.5)
  expect(reciprocalRankAt(10, [4, 2])).toBe(0.5)
  expect(reciprocalRankAt(10, [11])).toBe(0)
  expect(reciprocalRankAt(10, [null])).toBe(0)
  // One gold item at rank 3: 1 / log2(4).
  expect(ndcgAt(10, [3])).toBe(0.5)
  // Two at 1 and 3: (1 + 0.5) / (1 + 1 / log2(3)).
  expect(ndcgAt(10, [1, 3])).toBeCloseTo(1.5 / (1 + 1 / Math.log2(3)), 12)
  expect(ndcgAt(10, [11, null])).toBe(0)
  // One passage that holds both is as good as it gets.
  expect(ndcgAt(10, [1, 1])).toBe(1)
})

test('an answer is inside whatever its case, quotes, marks and white space', () => {
  expect(normalised(' Ёлка — «ДА»\n')).toBe('елка - "да"')
  expect(containsAnswer('It was\nLady  GAGA [1].', ['Beyoncé', 'lady gaga'])).toBe(true)
  expect(containsAnswer('в 1992 [1] году', ['1992 году'])).toBe(true)
  expect(containsAnswer('Lady', ['Lady Gaga'])).toBe(false)
  expect(containsAnswer('anything', [])).toBe(false)
})

test('F1 of words is that of the answer that fits best', () => {
  // Two words in common of six (without "the") and two: 2·2 / (6 + 2).
  expect(tokenF1('It was sung by the Lady Gaga [1]', ['Lady Gaga'])).toBeCloseTo(4 / 8, 12)
  expect(tokenF1('lady gaga', ['nobody', 'Lady Gaga!'])).toBe(1)
  // A word counts as often as the gold answer has it.
  expect(tokenF1('two two', ['two'])).toBeCloseTo(2 / 3, 12)
  expect(tokenF1('', ['x'])).toBe(0)
})

test('quantiles are values that were measured', () => {
  expect(quantile(0.5, [4, 1, 3, 2])).toBe(2)
  expect(quantile(0.95, [4, 1, 3, 2])).toBe(4)
  expect(quantile(0.5, [])).toBeUndefined()
})

test('an interval holds the mean, is the same each time, and shrinks with more values', () => {
  const values = (count: number) => Array.from({ length: count }, (_, index) => index % 2)
  const [few, many] = [meanInterval(values(50)), meanInterval(values(2000))]
  expect(meanInterval(values(50))).toEqual(few)
  for (const { low, high } of [few, many]) {
    expect(low).toBeLessThan(0.5)
    expect(high).toBeGreaterThan(0.5)
  }
  // 1.96 standard errors of a fair coin: 0.139 and 0.022.
  expect(few.high - 0.5).toBeCloseTo(0.139, 1)
  expect(many.high - 0.5).toBeCloseTo(0.022, 2)
})

test('a difference is significant when its interval leaves zero out', () => {
  const before = Array.from({ length: 200 }, (_, index) => Number(index % 4 !== 0))
  const same = before.toReversed()
  const better = before.map(() => 1)
  expect(pairedDifference(before, better)).toMatchObject({ mean: 0.25, significant: true })
  expect(pairedDifference(before, same).significant).toBe(false)
  expect(pairedDifference(before, before)).toEqual({ mean: 0, low: 0, high: 0, significant: false })
})

test('documents are ranked once each; gold passages among the passages', () => {
  const found = [
    { document: 'id-a', uri: '/docs/a.md', text: 'Alpha one.' },
    { document: 'id-a', uri: '/docs/a.md', text: 'Alpha two, and the rest of it.' },
    { document: 'id-b', uri: '/docs/sub/b.md', text: 'Beta.' },
  ]
  expect(ranksOf(question(), found)).toBeUndefined()
  expect(ranksOf(question({ documents: ['sub/b.md'] }), found)).toEqual([2])
  expect(ranksOf(question({ documents: ['id-a', '/docs/sub/b.md', 'c.md'] }), found)).toEqual([1, 2, null])
  // The end of a path, not of a name.
  expect(ranksOf(question({ documents: ['.md', 'ub/b.md'] }), found)).toEqual([null, null])
  const passages = [
    { text: 'ALPHA  two' },
    { document: 'b.md', text: 'alpha two' },
    { text: 'Beta. Not cut.' },
  ]
  expect(ranksOf(question({ passages }), found)).toEqual([2, null, null])
  expect(ranksOf(question({ passages: [{ text: 'and so: Alpha one.' }] }), found)).toEqual([1])
})

test('references that are known are dropped, by id, uri and every end of the path', () => {
  const references = new Set(['7', 'a/b.md', '/x/a/b.md', 'b.md', 'x', 'c.md'])
  dropKnown(references, [{ id: '7', uri: '/x/a/b.md' }])
  expect([...references]).toEqual(['x', 'c.md'])
})

const read = (...lines: readonly unknown[]) =>
  readQuestions(
    Readable.from(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`)),
    'set.jsonl',
  )

test('a set is read line by line; its parts are its languages unless it says more', async () => {
  const [first, second, third] = await read(
    { question: 'Who built it?', answers: ['Anna'], documents: ['a.md'] },
    '',
    { question: 'Кто это построил?', answerable: false },
    { id: 'mine', set: 'hard', question: 'Why?', filter: { excludePaths: ['b/**'] } },
  )
  expect(first).toMatchObject({ set: 'en', answerable: true, answers: ['Anna'], paraphrases: [] })
  expect(second).toMatchObject({ set: 'ru', answerable: false })
  expect(third).toMatchObject({ id: 'mine', set: 'hard', filter: { excludePaths: ['b/**'] } })
  const [keyed] = await read({
    question: 'сколько rows?',
    must: [['1000', '1k']],
    documents: ['a.md'],
    also: [{ document: 'b.md', text: '1,000' }],
    long: true,
    language: 'en',
  })
  expect(keyed).toMatchObject({
    must: [['1000', '1k']],
    long: true,
    caseSensitive: false,
    language: 'en',
    set: 'ru',
  })
  // What is right may be corrected without losing the earlier runs.
  const [again] = await read({ question: 'Who built it?', answers: ['Anna Berg'] })
  expect(again?.id).toBe(first?.id)
})

test('only a line feed ends a line of a set', async () => {
  const [only, ...more] = await read({ question: 'Who built\u2028the tower?' })
  expect(only?.question).toBe('Who built\u2028the tower?')
  expect(more).toEqual([])
})

test('a filter that nothing stored can fit is a wrong line', async () => {
  const filters = [{ paths: ['a\0'] }, { metadata: { author: '\0' } }]
  for (const filter of filters) {
    await expect(read({ question: 'Why?', filter })).rejects.toThrow(/NUL/)
  }
})

test('wrong lines are listed with their numbers and reasons', async () => {
  const error = await read(
    { question: 'fine' },
    'not json',
    { qestion: 'misspelt' },
    { question: 'fine' },
    { question: 'odd', answerable: false, answers: ['42'] },
    { question: 'odd', set: 'all' },
    { question: 'keyed', must: [['1']] },
  ).then(undefined, (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ChatbotError)
  const { code, message } = ChatbotError.wrap(error)
  expect(code).toBe('bad_request')
  expect(message).toMatch(/set\.jsonl:2: not JSON/)
  expect(message).toMatch(/set\.jsonl:3: .*question.*"qestion"/)
  expect(message).toContain('set.jsonl:4: same question as on line 1')
  expect(message).toContain('set.jsonl:5: answers: an unanswerable question has none')
  expect(message).toMatch(/set\.jsonl:6: set: .*whole/)
  expect(message).toContain('set.jsonl:7: must: keys count only in text cited from `documents`')
  await expect(read('', '')).rejects.toThrow('has no questions')
})

test('a sample is the same for the same seed, in the order of the set', () => {
  const questions = Array.from({ length: 40 }, (_, index) => question({ id: String(index) }))
  const ids = (seed: number | undefined) => sampleOf(questions, 5, seed).map(({ id }) => Number(id))
  expect(ids(undefined)).toEqual([0, 1, 2, 3, 4])
  expect(ids(7)).toEqual(ids(7))
  expect(ids(7)).not.toEqual(ids(8))
  expect(ids(7)).toEqual(ids(7).toSorted((a, b) => a - b))
  expect(sampleOf(questions, 100, 1)).toHaveLength(40)
})

test('the example set fits the example documents', async () => {
  const examples = join(packageRoot(), 'examples')
  const questions = await readQuestionFile(join(examples, 'questions.jsonl'))
  expect(new Set(questions.map(({ set }) => set))).toEqual(new Set(['en', 'ru']))
  for (const { question, answers, documents } of questions) {
    const texts = documents.map((path) => readFileSync(join(examples, path), 'utf8'))
    expect(answers.length === 0 || texts.some((text) => containsAnswer(text, answers)), question).toBe(true)
  }
})

const outcome = (id: string, more: Partial<QuestionOutcome> = {}): QuestionOutcome => ({
  id,
  set: 'en',
  question: id,
  answerable: true,
  searchMs: 10,
  ...more,
})

const keyed = {
  early: true,
  late: true,
  first: false,
  held: true,
  pastedEarly: false,
  pastedLate: true,
  pastedFirst: false,
}
const answered = {
  certainty: 'answered' as const,
  sentences: 2,
  citations: 2,
  wrongCitations: 0,
  timings: { total: 5 },
}

test('a report has each metric over the questions that it says something about', () => {
  const { sets, latencyMs } = reportOf([
    outcome('a', {
      ranks: [1],
      answer: { ...answered, contained: true, f1: 0.5, goldCited: true, keyed, characters: 100 },
    }),
    outcome('b', {
      ranks: [3],
      answer: {
        ...answered,
        wrongCitations: 1,
        contained: false,
        f1: 0,
        characters: 50,
        keyed: { ...keyed, early: false, late: false },
      },
    }),
    outcome('c', {
      set: 'ru',
      answerable: false,
      answer: { certainty: 'not_found', citations: 0, wrongCitations: 0, timings: { total: 9 } },
    }),
    outcome('d', { set: 'ru', cache: { paraphrases: 4, hits: 3, asked: 6, falseHits: 0 } }),
  ])
  expect(sets.map(({ set, questions }) => [set, questions])).toEqual([
    ['en', 2],
    ['ru', 2],
    ['all', 4],
  ])
  const [en, ru] = sets
  expect(en?.metrics['recall@1']).toMatchObject({ mean: 0.5, questions: 2 })
  expect(en?.metrics.answer?.mean).toBe(0.5)
  expect(en?.metrics['useful@400']).toMatchObject({ mean: 0.5, questions: 2 })
  expect(en?.metrics['pasted@900']?.mean).toBe(1)
  expect(en?.metrics.characters?.mean).toBe(75)
  expect(en?.metrics['false-answers']?.mean).toBe(0.5)
  expect(en?.metrics.citations?.mean).toBe(0.75)
  expect(en?.metrics['refused-answerable']?.mean).toBe(0)
  expect(en?.metrics['refused-unanswerable']).toBeUndefined()
  expect(ru?.metrics['refused-unanswerable']).toMatchObject({ mean: 1, questions: 1 })
  expect(ru?.metrics['cache-hits']?.mean).toBe(0.75)
  expect(ru?.metrics['recall@1']).toBeUndefined()
  expect(latencyMs).toEqual({ total: { p50: 5, p95: 9 } })
  expect(reportOf([outcome('a')]).latencyMs).toEqual({ search: { p50: 10, p95: 10 } })
})

test('the reply to each kind of question has its share, and only what is answered can be false', () => {
  const replied = (id: string, certainty: Certainty, answerable: boolean, quoted?: boolean) =>
    outcome(id, {
      answerable,
      answer: {
        ...answered,
        certainty,
        keyed:
          quoted === undefined ? undefined : { ...keyed, late: quoted && certainty === 'answered', quoted },
      },
    })
  const { sets } = reportOf([
    replied('a', 'answered', true, true),
    replied('b', 'answered', true, false),
    replied('c', 'unsure', true, true),
    replied('d', 'unsure', true, false),
    replied('e', 'not_found', true, false),
    replied('f', 'answered', false),
    replied('g', 'unsure', false),
    replied('h', 'not_found', false),
    replied('i', 'not_found', false),
  ])
  const metrics = sets.at(-1)?.metrics ?? {}
  const of = (key: string) => [metrics[key]?.mean.toFixed(2), metrics[key]?.questions]
  expect(['answered', 'unsure', 'refused'].map((reply) => of(`${reply}-answerable`))).toEqual([
    ['0.40', 5],
    ['0.40', 5],
    ['0.20', 5],
  ])
  expect(['answered', 'unsure', 'refused'].map((reply) => of(`${reply}-unanswerable`))).toEqual([
    ['0.25', 4],
    ['0.25', 4],
    ['0.50', 4],
  ])
  expect(of('useful@900')).toEqual(['0.20', 5])
  expect(of('false-answers')).toEqual(['0.67', 3])
  expect(of('right-unsure')).toEqual(['0.33', 3])
  expect(of('right-refusals')).toEqual(['0.67', 3])
  const gates = [parseGate('max', 'unsure-answerable=0.4'), parseGate('max', 'false-answers=0.6')]
  expect(checkGates(gates, { sets, latencyMs: {} }).map(({ kept }) => kept)).toEqual([true, false])
})

test('runs are compared on the questions of both; lower is better for refusals', () => {
  const ids = Array.from({ length: 40 }, (_, index) => `q${index}`)
  const run = (certainty: Certainty) =>
    ids.map((id) => outcome(id, { ranks: [1], answer: { ...answered, certainty } }))
  const comparison = compareRuns([...run('not_found'), outcome('old')], [...run('answered'), outcome('new')])
  expect(comparison).toMatchObject({ questions: 40, added: 1, missing: 1 })
  const changes = comparison.sets.at(-1)?.changes
  expect(changes?.['refused-answerable']).toMatchObject({ before: 1, after: 0, mean: -1, verdict: 'better' })
  expect(changes?.['recall@1']).toMatchObject({ mean: 0, verdict: 'same' })
})

test('bounds are kept, missed, or about nothing that was measured', () => {
  const report = reportOf([outcome('a', { ranks: [1] }), outcome('b', { set: 'ru', ranks: [2] })])
  const gates = [
    parseGate('min', 'recall@1=0.5'),
    parseGate('min', 'ru:recall@1=0.5'),
    parseGate('max', 'mrr@10=0.7'),
    parseGate('min', 'answer=0.1'),
  ]
  expect(checkGates(gates, report).map(({ measured, kept }) => [measured, kept])).toEqual([
    [0.5, true],
    [0, false],
    [0.75, false],
    [undefined, false],
  ])
  for (const wrong of ['recall@1', 'recall@2=0.5', 'recall@1=x', '=1', ''])
    expect(() => parseGate('min', wrong)).toThrow(ChatbotError)
})

test('a sweep is every combination after what it starts from', () => {
  const base = parseOptions(['retrieval.passages=8'])
  expect(base).toEqual({ passages: 8 })
  expect(variantsOf(base, [])).toEqual([base])
  expect(variantsOf({}, ['retrieval.passages=2,4']).map(describeOptions)).toEqual([
    'as configured',
    'retrieval.passages=2',
    'retrieval.passages=4',
  ])
  for (const wrong of ['passages=2', 'retrieval.passages', 'retrieval.passages=0', 'cache.enabled=false'])
    expect(() => parseOptions([wrong])).toThrow(ChatbotError)
  expect(() => variantsOf({}, [`retrieval.passages=${'1,'.repeat(70)}1`])).toThrow('more than 64')
})

test('a run that an earlier version saved can be compared with', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'chatbot-eval-')), 'run.json')
  const run = {
    ...{ madeAt: new Date(0).toISOString(), version: '0.1.0', file: 'q.jsonl', collections: [] },
    ...{ retrieval: {}, failed: [] },
  }
  const { certainty: _, ...earlier } = answered
  const saved = {
    format: 'chatbot-eval-1',
    ...run,
    outcomes: [true, false].map((refused) => ({
      ...outcome(`${refused}`),
      answer: { ...earlier, refused },
    })),
  }
  writeFileSync(file, JSON.stringify(saved))
  const certainties = async () => (await loadOutcomes(file)).map(({ answer }) => answer?.certainty)
  expect(await certainties()).toEqual(['not_found', 'answered'])
  await saveRun(file, { ...run, outcomes: [outcome('a', { answer: { ...answered, certainty: 'unsure' } })] })
  expect(await certainties()).toEqual(['unsure'])
})
