/**
 * What people type into a search box (test/data/searches) on the documents of docsqa: is the right document first, and among
 * the first three? And docsqa's own questions: is the first cited document right, do the passages hold the answer?
 *
 *     node bench/searches.ts [--docsqa FOLDER] [--language en] [--misses]
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import type { Passage } from '../src/domain/answer.ts'
import { LANGUAGES, type Language } from '../src/domain/language.ts'
import { foldCase } from '../src/text/fold.ts'
import { detectLanguage } from '../src/text/language.ts'
import { pgliteDatabase } from '../test/support/database.ts'
import { searchIn } from './calibrate-data.ts'
import { filesIn, linesOf } from './eval-sets.ts'
import { keepingVectors } from './vectors.ts'
import { mean } from './xquad-search.ts'

export type SearchKind = 'typo' | 'layout' | 'identifier' | 'phrase' | 'name'

export interface Search {
  readonly query: string
  readonly kind: SearchKind
  readonly documents: readonly string[]
}

interface Gold {
  readonly document: string
  readonly text: string
}

interface Question {
  readonly id: string
  readonly question: string
  readonly kind: string
  readonly answerable: boolean
  readonly documents?: readonly string[]
  readonly passages?: readonly Gold[]
  readonly also?: readonly Gold[]
  readonly must?: readonly (readonly string[])[]
  readonly history?: readonly unknown[]
}

const { values: flags } = parseArgs({
  options: {
    docsqa: { type: 'string', default: '../shared/data/docsqa' },
    language: { type: 'string', multiple: true, default: [...LANGUAGES] },
    misses: { type: 'boolean', default: false },
  },
})

const documentsOf = (passages: readonly Passage[]) => [...new Set(passages.map(({ uri }) => uri))]

function rankOf(passages: readonly Passage[], right: readonly string[]): number {
  const at = documentsOf(passages).findIndex((uri) => right.includes(uri))
  return at < 0 ? Number.POSITIVE_INFINITY : at + 1
}

const within = (ranks: readonly number[], k: number) =>
  mean(ranks.map((rank) => (rank <= k ? 1 : 0))).toFixed(3)

/** Every group of keys stands in a passage of a right document; as in the set's judge, but simpler. */
function holds(passages: readonly Passage[], { must = [] }: Question, right: readonly string[]): boolean {
  const flat = (text: string) => foldCase(text).replace(/[\s\u00ad*`|]+/gu, '')
  const text = flat(
    passages
      .filter(({ uri }) => right.includes(uri))
      .map((one) => `${one.heading ?? ''} ${one.text}`)
      .join('\n'),
  )
  return must.every((group) => group.some((key) => text.includes(flat(key))))
}

async function measure(language: Language): Promise<void> {
  const folder = join(flags.docsqa, language)
  await using database = await pgliteDatabase()
  const embedder = keepingVectors(await startEmbedder({ model: builtinModel() }))
  const search = await searchIn(database.store, embedder, filesIn(join(folder, 'documents')))
  const ranks = new Map<string, number[]>()
  const add = (name: string, rank: number) => ranks.set(name, [...(ranks.get(name) ?? []), rank])
  const searches = linesOf<Search>(
    fileURLToPath(new URL(`../test/data/searches/${language}.jsonl`, import.meta.url)),
  )
  const milliseconds: number[] = []
  for (const { query, kind, documents } of searches) {
    const started = performance.now()
    const { passages, searched } = await search(query, detectLanguage(query))
    milliseconds.push(performance.now() - started)
    const rank = rankOf(passages, documents)
    add(kind, rank)
    if (flags.misses && rank > 1)
      console.log(
        `  ${kind} ${rank}: ${query} (${documents[0]}; first ${passages[0]?.uri})${searched === undefined ? '' : ` searched: ${searched}`}`,
      )
  }
  const held: number[] = []
  const questions = linesOf<Question>(join(folder, 'questions.jsonl'))
  for (const asked of questions.filter(({ answerable, history }) => answerable && history === undefined)) {
    const { passages, searched } = await search(asked.question, detectLanguage(asked.question))
    const right = [...(asked.documents ?? []), ...(asked.also ?? []).map(({ document }) => document)]
    const rank = rankOf(passages, right)
    add('docsqa', rank)
    if (flags.misses && searched !== undefined) console.log(`  docsqa ${asked.id} searched: ${searched}`)
    const isHeld = holds(passages, asked, right)
    held.push(isHeld ? 1 : 0)
    if (flags.misses && (rank > 1 || !isHeld))
      console.log(
        `  docsqa ${asked.id} ${asked.kind} rank ${rank} ${isHeld ? '' : 'NOT HELD'}: ${asked.question}`,
      )
  }
  for (const [name, all] of ranks)
    console.log(`| ${language} ${name} | ${all.length} | ${within(all, 1)} | ${within(all, 3)} |`)
  console.log(
    `| ${language} docsqa, passages hold the answer | ${held.length} | ${mean(held).toFixed(3)} | |`,
  )
  const sorted = milliseconds.toSorted((a, b) => a - b)
  console.log(`  p50 of a search ${sorted[Math.floor(sorted.length / 2)]?.toFixed(1)} ms`)
  await embedder.close()
}

if (import.meta.main) {
  if (!existsSync(flags.docsqa)) throw new Error(`There is no ${flags.docsqa}.`)
  console.log('| | searches | right document first | among the first three |\n|---|---|---|---|')
  for (const language of LANGUAGES) if (flags.language.includes(language)) await measure(language)
}
