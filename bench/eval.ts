/**
 * Answer quality on XQuAD, English and Russian, through a real daemon: every paragraph is one document, every
 * question is searched, asked, and asked again without the documents of its article. Prints a Markdown table, or
 * with --json one JSON document; --every N takes every N-th question.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { answerOf, type ChatClient } from '../src/client/client.ts'
import { connect } from '../src/client/connect.ts'
import { ingestFiles } from '../src/client/ingest.ts'
import { version } from '../src/config/version.ts'
import type { Answer } from '../src/domain/answer.ts'
import type { Language } from '../src/domain/language.ts'
import { splitSentences } from '../src/ingest/sentences.ts'
import { startTestDaemon, type TestDaemon } from '../test/support/daemon.ts'
import { articleOf, isCalibration, loadXquad, type Question } from './xquad.ts'

/** Answers under way at once. */
const IN_FLIGHT = 4
/** Passages of a search: enough for ten documents of one to three chunks each. */
const SEARCH_LIMIT = 30
const RANKS = 10

const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, every: { type: 'string', default: '1' } },
})

interface Outcome {
  readonly question: Question
  /** Of the right document among the documents found, from 1; absent beyond the tenth. */
  readonly rank: number | undefined
  readonly answer: Answer
  readonly ms: number
  /** Without the question's article. */
  readonly absent: Answer
}

interface Share {
  readonly share: number
  readonly of: number
}

interface Report {
  readonly language: Language
  readonly documents: number
  readonly questions: number
  readonly recallAt1: number
  readonly recallAt5: number
  readonly mrrAt10: number
  readonly goldInAnswer: number
  /** Only on the articles that nothing was learnt from. */
  readonly goldInAnswerHeldOut: number
  readonly meanSentences: number
  readonly meanCharacters: number
  readonly refusedAnswerable: Readonly<Record<Half, Share>>
  readonly refusedAbsent: Readonly<Record<Half, Share>>
  /** Of an ask, with the others in flight, milliseconds. */
  readonly latencyMs: { readonly p50: number; readonly p95: number }
}

type Half = 'heldOut' | 'calibration'

async function evaluate({ api }: TestDaemon, client: ChatClient, language: Language): Promise<Report> {
  const { paragraphs, questions } = loadXquad(language)
  const collection = `xquad-${language}`
  const folder = new URL(`../examples/xquad/${language}/`, import.meta.url)
  const { results, stopped } = await ingestFiles({
    api,
    collection,
    files: paragraphs.map(({ file }) => ({ path: fileURLToPath(new URL(file, folder)), uri: file })),
    jobs: 4,
    maxFileBytes: 1e6,
  })
  const failed = results.filter(({ status }) => status !== 'indexed')
  if (stopped !== undefined || failed.length > 0)
    throw stopped ?? new Error(`not ingested: ${failed[0]?.uri}`)
  const sample = questions.filter((_, index) => index % Number(flags.every) === 0)
  const outcomes = await concurrently(IN_FLIGHT, sample, async (question, done) => {
    if (done % 100 === 0) console.error(`${collection}: ${done} of ${sample.length} questions`)
    return ask(client, collection, question)
  })
  return reportOf(language, paragraphs.length, outcomes)
}

async function ask(client: ChatClient, collection: string, question: Question): Promise<Outcome> {
  const collections = [collection]
  const { passages } = await client.search({ query: question.text, collections, limit: SEARCH_LIMIT })
  const found = [...new Set(passages.map(({ uri }) => uri))]
  const rank = found.indexOf(question.document) + 1
  const started = performance.now()
  const answer = await answerOf(client.ask({ question: question.text, collections }))
  const ms = performance.now() - started
  const filter = { excludePaths: [`${articleOf(question.document)}/**`] }
  const absent = await answerOf(client.ask({ question: question.text, collections, filter }))
  return { question, rank: rank === 0 || rank > RANKS ? undefined : rank, answer, ms, absent }
}

function reportOf(language: Language, documents: number, outcomes: readonly Outcome[]): Report {
  const answered = outcomes.filter(({ answer }) => !answer.refused)
  const latencies = outcomes.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const half = (which: Half) =>
    outcomes.filter(({ question }) => isCalibration(question.document) === (which === 'calibration'))
  const refused = (which: Half, answerOf: (outcome: Outcome) => Answer): Share => ({
    share: shareOf(half(which), (outcome) => answerOf(outcome).refused),
    of: half(which).length,
  })
  return {
    language,
    documents,
    questions: outcomes.length,
    recallAt1: shareOf(outcomes, ({ rank }) => rank === 1),
    recallAt5: shareOf(outcomes, ({ rank }) => rank !== undefined && rank <= 5),
    mrrAt10: mean(outcomes, ({ rank }) => (rank === undefined ? 0 : 1 / rank)),
    goldInAnswer: shareOf(outcomes, holdsGold),
    goldInAnswerHeldOut: shareOf(half('heldOut'), holdsGold),
    meanSentences: mean(answered, ({ answer }) => sentencesOf(answer)),
    meanCharacters: mean(answered, ({ answer }) => answer.text.length),
    refusedAnswerable: {
      heldOut: refused('heldOut', ({ answer }) => answer),
      calibration: refused('calibration', ({ answer }) => answer),
    },
    refusedAbsent: {
      heldOut: refused('heldOut', ({ absent }) => absent),
      calibration: refused('calibration', ({ absent }) => absent),
    },
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
  }
}

const holdsGold = ({ question, answer }: Outcome) =>
  !answer.refused && question.answers.some((gold) => answer.text.includes(gold))

const sentencesOf = ({ citations }: Answer) =>
  citations.reduce((sum, { text }) => sum + splitSentences(text).length, 0)

const mean = <T>(list: readonly T[], value: (item: T) => number) =>
  list.reduce((sum, item) => sum + value(item), 0) / list.length

const shareOf = <T>(list: readonly T[], holds: (item: T) => boolean) =>
  mean(list, (item) => (holds(item) ? 1 : 0))

const quantile = (sorted: readonly number[], share: number) =>
  Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN)

function table(all: readonly Report[]): string {
  const share = (value: number) => value.toFixed(3)
  const halves = ({ heldOut, calibration }: Report['refusedAbsent']) =>
    `${share(heldOut.share)} (${share(calibration.share)})`
  const rows: [string, (report: Report) => string][] = [
    ['documents, questions', ({ documents, questions }) => `${documents}, ${questions}`],
    ['recall@1', ({ recallAt1 }) => share(recallAt1)],
    ['recall@5', ({ recallAt5 }) => share(recallAt5)],
    ['MRR@10', ({ mrrAt10 }) => share(mrrAt10)],
    ['gold answer inside the answer', ({ goldInAnswer }) => share(goldInAnswer)],
    ['the same, held-out articles', ({ goldInAnswerHeldOut }) => share(goldInAnswerHeldOut)],
    ['mean sentences of an answer', ({ meanSentences }) => meanSentences.toFixed(2)],
    ['mean characters of an answer', ({ meanCharacters }) => meanCharacters.toFixed(0)],
    [
      'answerable questions refused, held out (calibration)',
      ({ refusedAnswerable }) => halves(refusedAnswerable),
    ],
    ['article absent: refused, held out (calibration)', ({ refusedAbsent }) => halves(refusedAbsent)],
    [
      `latency of an ask p50 / p95, ms, ${IN_FLIGHT} in flight`,
      ({ latencyMs }) => `${latencyMs.p50} / ${latencyMs.p95}`,
    ],
  ]
  return [
    `| | ${all.map(({ language }) => (language === 'en' ? 'English' : 'Russian')).join(' | ')} |`,
    `|---|${all.map(() => '---|').join('')}`,
    ...rows.map(([name, cell]) => `| ${name} | ${all.map(cell).join(' | ')} |`),
  ].join('\n')
}

/** Results in the order of the items; `run` is told how many were begun before. */
async function concurrently<T, R>(
  limit: number,
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const waiting = items.entries()
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await run(item, index)
  }
  await Promise.all(Array.from({ length: limit }, worker))
  return results
}

await using daemon = await startTestDaemon({
  env: { CHATBOT_LOG_LEVEL: 'warn', CHATBOT_CACHE_ENABLED: 'false' },
})
await using chat = await connect(daemon.local, { version })
const reports: Report[] = []
for (const language of ['en', 'ru'] as const) reports.push(await evaluate(daemon, chat, language))
console.log(flags.json ? JSON.stringify(reports, null, 2) : table(reports))
