/**
 * `make eval`: what `chatbot eval` measures on XQuAD, ClapNQ, MTRAG and docsqa with the built program, as the tables of
 * docs/QUALITY.md. The index is kept in .cache/eval. `--limit N` takes N questions of each set at random, and
 * `--only retrieval|answers|conversation|kinds` a part; `--data-dir DIR` another index; `--docsqa DIR` the folder with the whole of
 * docsqa, where the repository has a part of it. CHATBOT_RERANKER_MODEL names the
 * reranker; without it there is no row for it.
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LANGUAGES } from '../src/domain/language.ts'
import type { EvalReport, VariantReport } from '../src/evaluation/sweep.ts'
import { SPLITTER_VERSION } from '../src/ingest/split/splitter.ts'
import { type SetName, writeSets } from './eval-sets.ts'

const path = (below: string) => fileURLToPath(new URL(`../${below}`, import.meta.url))

const { values: flags } = parseArgs({
  options: {
    limit: { type: 'string' },
    only: { type: 'string' },
    docsqa: { type: 'string', default: path('../shared/data/docsqa') },
    // Another splitter needs another index.
    'data-dir': { type: 'string', default: path(`.cache/eval/${SPLITTER_VERSION}`) },
  },
})

const RETRIEVAL = ['recall@1', 'recall@5', 'mrr@10', 'ndcg@10']
const ANSWERS = [
  ...['answer', 'f1', 'sentences', 'unsure-answerable', 'refused-answerable'],
  ...['citations', 'cites-gold'],
]

const KINDS = [
  ...['useful@400', 'useful@900', 'first', 'characters', 'cites-gold-first', 'held'],
  ...['pasted@400', 'pasted@900', 'pasted-first'],
  ...['unsure-answerable', 'refused-answerable', 'answered-unanswerable', 'refused-unanswerable'],
  ...['false-answers', 'right-unsure', 'right-refusals'],
]

const sets = writeSets(path('.cache/eval'), flags.docsqa)

try {
  await ingest()
  if (wanted('retrieval')) await retrieval()
  if (wanted('answers')) await answers()
  if (wanted('conversation')) await conversation()
  if (wanted('kinds')) await kinds()
} finally {
  await chatbot(['stop'])
}

function wanted(part: string): boolean {
  return flags.only === undefined || flags.only === part
}

async function ingest(): Promise<void> {
  for (const { name, paths, root } of sets.collections) {
    const isDocsqa = sets.docsqa.some((set) => set === name)
    if (flags.only !== undefined && isDocsqa !== (flags.only === 'kinds')) continue
    console.error(`ingest ${name}…`)
    await chatbot(['ingest', ...paths, '--root', root, '--collection', name, '--json'])
  }
}

async function retrieval(): Promise<void> {
  const reranker = process.env.CHATBOT_RERANKER_MODEL
  if (reranker === undefined) console.log('\nNo reranker: CHATBOT_RERANKER_MODEL names none.')
  header('', '', ...RETRIEVAL, 'against fused')
  const searched: [title: string, set: SetName, collection: string][] = [
    ['XQuAD English', 'xquad-en', 'xquad-en'],
    ['XQuAD Russian', 'xquad-ru', 'xquad-ru'],
    ['English, both in one index', 'xquad-en', 'xquad-both'],
    ['Russian, both in one index', 'xquad-ru', 'xquad-both'],
    ['ClapNQ', 'clapnq', 'clapnq'],
    ['MTRAG, last question alone', 'mtrag-last', 'mtrag'],
  ]
  for (const [title, set, collection] of searched) {
    const sweep = (setting: string) =>
      evaluate(set, collection, '--no-answers', '--set', 'retrieval.rerank=false', '--sweep', setting)
    const [fused, vector, lexical] = (await sweep('retrieval.mode=vector,lexical')).runs
    const [, plain] = (await sweep('retrieval.sentences=false')).runs
    const [, reranked] = reranker === undefined ? [] : (await sweep('retrieval.rerank=true')).runs
    const named = {
      'vector alone': vector,
      'BM25 alone': lexical,
      'fused without sentences': plain,
      fused,
      reranked,
    }
    for (const [name, run] of Object.entries(named))
      if (run !== undefined) row(title, name, ...RETRIEVAL.map((key) => cell(run, key)), verdicts(run))
  }
}

async function answers(): Promise<void> {
  header('', ...ANSWERS, 'article absent: answered', 'not found', 'p50 / p95, ms')
  for (const language of LANGUAGES) {
    const [run] = (await evaluate(`xquad-${language}`, `xquad-${language}`)).runs
    const [absent] = (await evaluate(`xquad-${language}-absent`, `xquad-${language}`)).runs
    if (run === undefined || absent === undefined) continue
    const { p50, p95 } = run.latencyMs.total ?? { p50: Number.NaN, p95: Number.NaN }
    for (const part of ['all', 'held out', 'learnt from']) {
      const latency = part === 'all' ? `${Math.round(p50)} / ${Math.round(p95)}` : ''
      const cells = ANSWERS.map((key) => cell(run, key, part))
      const refused = ['answered-unanswerable', 'refused-unanswerable'].map((key) => cell(absent, key, part))
      row(`XQuAD ${language}, ${part}`, ...cells, ...refused, latency)
    }
  }
  const [clapnq] = (await evaluate('clapnq', 'clapnq')).runs
  if (clapnq !== undefined) {
    const cells = ANSWERS.map((key) => cell(clapnq, key))
    row(
      'ClapNQ: no answer in the passage',
      ...cells,
      cell(clapnq, 'answered-unanswerable'),
      cell(clapnq, 'refused-unanswerable'),
      '',
    )
  }
}

async function conversation(): Promise<void> {
  const saved = path('.cache/eval/last-question.json')
  const [alone] = (await evaluate('mtrag-last', 'mtrag', '--no-answers', '--save', saved)).runs
  const [rewritten] = (await evaluate('mtrag-history', 'mtrag', '--no-answers', '--baseline', saved)).runs
  if (alone === undefined || rewritten === undefined) return
  header('MTRAG', ...RETRIEVAL, 'against the last question alone')
  row('last question alone', ...RETRIEVAL.map((key) => cell(alone, key)), '')
  row('with the earlier turns', ...RETRIEVAL.map((key) => cell(rewritten, key)), verdicts(rewritten))
}

/** Documents of the kinds that people have; `whole` is the set of which the repository has a part. */
async function kinds(): Promise<void> {
  header('', ...KINDS)
  for (const name of sets.docsqa) {
    const [run] = (await evaluate(name, name)).runs
    for (const { set } of run?.sets ?? [])
      row(`${name}, ${set}`, ...KINDS.map((key) => (run === undefined ? '' : cell(run, key, set))))
  }
}

async function evaluate(set: SetName, collection: string, ...more: string[]): Promise<EvalReport> {
  console.error(`${set} in ${collection} ${more.join(' ')}…`)
  const sample = flags.limit === undefined ? [] : ['--limit', flags.limit, '--sample', '1']
  const args = ['eval', sets.file(set), '--collection', collection, ...sample, ...more, '--json']
  return JSON.parse(await chatbot(args))
}

/** What the built program prints; a status but 0 ends the bench. */
function chatbot(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [path('bin/chatbot.js'), ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: path('.cache/eval'),
      CHATBOT_DATA_DIR: flags['data-dir'],
      CHATBOT_SERVER_PORT: '0',
      CHATBOT_RERANKER_MODEL: process.env.CHATBOT_RERANKER_MODEL,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.on('close', (status) =>
      status === 0 ? resolve(output) : reject(new Error(`chatbot ${args.join(' ')}: ${status}\n${output}`)),
    )
  })
}

function header(...titles: string[]): void {
  console.log('')
  row(...titles)
  row(...titles.map(() => '---'))
}

function row(...cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

function cell(run: VariantReport, key: string, part = 'all'): string {
  const measured = run.sets.find(({ set }) => set === part)?.metrics[key]
  return measured === undefined ? '' : measured.mean.toFixed(key === 'characters' ? 0 : 3)
}

/** Metrics on which a mode differs from the first beyond chance. */
function verdicts({ comparison }: VariantReport): string {
  const changes = comparison?.sets.find(({ set }) => set === 'all')?.changes ?? {}
  return RETRIEVAL.filter((key) => (changes[key]?.verdict ?? 'same') !== 'same')
    .map((key) => `${key} ${changes[key]?.verdict}`)
    .join(', ')
}
