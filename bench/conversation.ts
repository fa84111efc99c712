/**
 * Follow-up questions, made standalone by the rules of src/conversation, against the question as it was written:
 *
 *     node bench/conversation.ts [--misses]
 *
 * - MTRAG's rewrites: how close the question comes to what a person made of it (cosine; share of its words).
 * - MTRAG's tasks with all of their passages in one index, and two-turn cases on examples/xquad: recall@5 by the
 *   built-in model's vectors alone.
 */

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { cosine } from '../src/domain/cosine.ts'
import type { Language } from '../src/domain/language.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { readMarkdown } from '../src/ingest/loaders/markdown.ts'
import { splitDocument } from '../src/ingest/split/splitter.ts'
import { standaloneQuestion, withSearched } from '../src/talk/standalone.ts'
import { roots } from '../src/text/content-words.ts'
import { embedInput } from '../src/text/embed-input.ts'
import { keepingVectors } from './vectors.ts'
import { embeddedXquad } from './xquad-vectors.ts'

const { values: flags } = parseArgs({ options: { misses: { type: 'boolean', default: false } } })

interface Turn {
  readonly question: string
  readonly text: string
}

interface Case {
  readonly history: readonly Turn[]
  readonly question: string
  /** Documents that should be found. */
  readonly gold: readonly string[]
}

interface Piece {
  readonly document: string
  readonly vector: Float32Array
}

const embedder = keepingVectors(await startEmbedder({ model: builtinModel() }))

async function vectorsOf(texts: readonly string[], as: 'query' | 'passage') {
  const embeddings = await embedder.embed(texts, { as, priority: 'ingest' })
  return embeddings.map(({ vector }) => vector)
}

/** Turns of a conversation in which every question was rewritten in its turn. */
function rewritten(history: readonly Turn[], question: string): string {
  return standaloneQuestion(question, withSearched(history))
}

async function reportRewrites(): Promise<void> {
  interface Rewrite {
    readonly earlier: readonly string[]
    readonly question: string
    readonly rewrite: string
  }
  const all = linesOf<Rewrite>('mtrag/rewrites.jsonl')
  const made = all.map(({ earlier, question }) =>
    rewritten(
      earlier.map((text) => ({ question: text, text: '' })),
      question,
    ),
  )
  const human = await vectorsOf(
    all.map(({ rewrite }) => rewrite),
    'query',
  )
  const count = (list: readonly unknown[]) => `${list.length}`.padStart(4)
  for (const [name, holds] of [
    ['changed by a person', (item: Rewrite) => item.question !== item.rewrite],
    ['left as they are', (item: Rewrite) => item.question === item.rewrite],
  ] as const) {
    const indices = all.flatMap((item, i) => (holds(item) ? [i] : []))
    for (const [which, texts] of [
      ['as written', all.map(({ question }) => question)],
      ['by rules', made],
    ] as const) {
      const vectors = await vectorsOf(texts, 'query')
      const meanCosine = mean(indices, (i) => cosine(at(vectors, i), at(human, i)))
      const words = mean(indices, (i) => share(roots(at(all, i).rewrite), roots(at(texts, i))))
      const touched = indices.filter((i) => texts[i] !== all[i]?.question)
      console.log(
        `MTRAG rewrites, ${name} (${count(indices)}), ${which.padEnd(10)}: cosine ${meanCosine.toFixed(4)}, words ${words.toFixed(3)}, changed ${touched.length}`,
      )
    }
  }
}

async function reportRecall(name: string, cases: readonly Case[], pieces: readonly Piece[]): Promise<void> {
  const made = cases.map(({ history, question }) => rewritten(history, question))
  const last = await vectorsOf(
    cases.map(({ question }) => question),
    'query',
  )
  const ruled = await vectorsOf(made, 'query')
  const both = last.map((vector, i) => vector.map((value, n) => value * 0.3 + (ruled[i]?.[n] ?? 0) * 0.7))
  const before = await vectorsOf(
    cases.map(({ history, question }) => `${history.at(-1)?.question} ${question}`),
    'query',
  )
  for (const [which, vectors] of [
    ['the last question alone', last],
    ['with the question before', before],
    ['made standalone by rules', ruled],
    ['0.7 of it, 0.3 of the last', both],
  ] as const) {
    const recalls = cases.map(({ gold }, i) => recallAt5(gold, at(vectors, i), pieces))
    console.log(
      `${name} (${cases.length}), ${which}: recall@5 ${mean(recalls, (recall) => recall).toFixed(3)}`,
    )
  }
  if (!flags.misses) return
  for (const [i, { history, question, gold }] of cases.entries()) {
    if (recallAt5(gold, at(ruled, i), pieces) > 0) continue
    console.log(`  ${history.at(-1)?.question} | ${question} => ${made[i]}   (${gold[0]})`)
  }
}

function recallAt5(gold: readonly string[], vector: Float32Array, pieces: readonly Piece[]): number {
  const best = new Map<string, number>()
  for (const piece of pieces)
    best.set(piece.document, Math.max(best.get(piece.document) ?? -1, cosine(vector, piece.vector)))
  const top = new Set(
    [...best]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, 5)
      .map(([document]) => document),
  )
  return gold.filter((document) => top.has(document)).length / Math.min(5, gold.length)
}

async function mtrag(): Promise<{ cases: Case[]; pieces: Piece[] }> {
  interface Task {
    readonly question: string
    readonly history: readonly { readonly question: string; readonly answer: string }[]
    readonly passages: readonly string[]
  }
  interface MtragPassage {
    readonly id: string
    readonly title: string
    readonly text: string
  }
  const tokenizer = loadTokenizer(builtinModel().folder)
  const chunks = linesOf<MtragPassage>('mtrag/passages.jsonl').flatMap(({ id, title, text }) =>
    splitDocument(
      readMarkdown(title.trim() === '' ? text : `# ${title.trim()}\n\n${text}`, id),
      tokenizer,
    ).map(({ embedText }) => ({ document: id, text: embedInput(embedText) })),
  )
  const vectors = await vectorsOf(
    chunks.map(({ text }) => text),
    'passage',
  )
  return {
    cases: linesOf<Task>('mtrag/tasks.jsonl').map(({ question, history, passages }) => ({
      question,
      history: history.map((turn) => ({ question: turn.question, text: turn.answer })),
      gold: passages,
    })),
    pieces: chunks.map(({ document }, i) => ({ document, vector: at(vectors, i) })),
  }
}

async function followups(language: Language): Promise<{ cases: Case[]; pieces: Piece[] }> {
  interface Followup {
    readonly language: Language
    readonly document: string
    readonly question: string
    readonly followup: string
  }
  const { documents } = await embeddedXquad(language)
  return {
    cases: linesOf<Followup>('followups/cases.jsonl')
      .filter((item) => item.language === language)
      .map(({ question, followup, document }) => ({
        question: followup,
        history: [{ question, text: '' }],
        gold: [document],
      })),
    pieces: documents.flatMap(({ uri, chunks }) => chunks.map(({ vector }) => ({ document: uri, vector }))),
  }
}

function linesOf<T>(file: string): T[] {
  return readFileSync(new URL(`../test/data/${file}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): T => JSON.parse(line))
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`nothing at ${index}`)
  return item
}

const mean = <T>(list: readonly T[], value: (item: T) => number) =>
  list.reduce((sum, item) => sum + value(item), 0) / list.length

const share = (of: ReadonlySet<string>, held: ReadonlySet<string>) =>
  of.size === 0 ? 1 : [...of].filter((item) => held.has(item)).length / of.size

await reportRewrites()
const tasks = await mtrag()
await reportRecall('MTRAG tasks', tasks.cases, tasks.pieces)
for (const language of LANGUAGES) {
  const { cases, pieces } = await followups(language)
  await reportRecall(`follow-ups on XQuAD, ${language}`, cases, pieces)
}
await embedder.close()
