/**
 * Makes test/data/searches: what people type into a search box, from the documents of docsqa. The same documents give the
 * same searches.
 *
 *     node bench/searches-make.ts ../shared/data/docsqa
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtinModel } from '../models/builtin.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import { LANGUAGES, type Language } from '../src/domain/language.ts'
import { parseDocument } from '../src/ingest/parse.ts'
import { foldCase } from '../src/text/fold.ts'
import { detectLanguage, KNOWLEDGE } from '../src/text/language.ts'
import { lexemes } from '../src/text/lexemes.ts'
import { splitSentences } from '../src/text/sentences.ts'
import { STOP_WORDS } from '../src/text/stop-words.ts'
import { filesIn } from './eval-sets.ts'
import type { Search, SearchKind } from './searches.ts'

const EACH = 30
const LAYOUTS = 10

interface Text {
  readonly uri: string
  readonly title: string
  readonly headings: readonly string[]
  readonly text: string
  readonly folded: string
}

let random = 20_261_130
const below = (limit: number): number => {
  random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff
  return Math.floor((random / 0x80000000) * limit)
}
const pick = <T>(list: readonly T[]): T => {
  const item = list[below(list.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}
function shuffled<T>(list: readonly T[]): T[] {
  const left = [...list]
  const out: T[] = []
  while (left.length > 0) out.push(...left.splice(below(left.length), 1))
  return out
}

const flat = (text: string) => foldCase(text).replace(/\s+/gu, ' ')

async function readAll(folder: string): Promise<Text[]> {
  const tokenizer = loadTokenizer(builtinModel().folder)
  return Promise.all(
    filesIn(folder).map(async ({ uri, bytes }): Promise<Text> => {
      const { title, text, chunks } = await parseDocument(bytes, uri, tokenizer, {
        maxTextLength: 1e6,
      })
      const headings = [...new Set(chunks.map(({ heading }) => heading).filter((heading) => heading !== ''))]
      return { uri, title, headings, text, folded: flat(`${uri}\n${title}\n${headings.join('\n')}\n${text}`) }
    }),
  )
}

/** In how many documents each lexeme stands. */
function documentsOf(texts: readonly Text[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const { uri, folded, text } of texts)
    for (const lexeme of [...lexemes(text), ...lexemes(folded)])
      found.set(lexeme, (found.get(lexeme) ?? new Set()).add(uri))
  return found
}

const KEYS = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю']

function neighbour(letter: string): string {
  const row = KEYS.find((keys) => keys.includes(letter)) ?? 'eao'
  const at = row.indexOf(letter)
  return row[at + 1] ?? row[at - 1] ?? 'e'
}

/** One edit behind the first letter. */
function mistyped(word: string): string {
  const at = 1 + below(word.length - 2)
  const letter = word[at] ?? ''
  const next = word[at + 1] ?? ''
  switch (below(4)) {
    case 0:
      return word.slice(0, at) + word.slice(at + 1)
    case 1:
      return word.slice(0, at) + letter + word.slice(at)
    case 2:
      return letter === next
        ? word.slice(0, at) + word.slice(at + 1)
        : word.slice(0, at) + next + letter + word.slice(at + 2)
    default:
      return word.slice(0, at) + neighbour(letter) + word.slice(at + 1)
  }
}

function make(language: Language, texts: readonly Text[]): Search[] {
  const found = documentsOf(texts)
  const isRare = (word: string) => lexemes(word).every((lexeme) => found.get(lexeme)?.size === 1)
  const searches: Search[] = []
  const take = (kind: SearchKind, most: number, make: (text: Text) => string | undefined) => {
    const before = new Set<string>()
    for (let turn = 0; before.size < most && turn < 200; turn += 1) {
      for (const text of shuffled(texts)) {
        if (before.size >= most) break
        const query = make(text)
        if (query === undefined || before.has(query)) continue
        before.add(query)
        searches.push({ query, kind, documents: [text.uri] })
      }
    }
  }
  const isWord = (word: string) =>
    /^\p{Ll}{7,14}$/u.test(word) && detectLanguage(word) === language && !STOP_WORDS.has(word)
  const rareWords = new Map(
    texts.map((text) => [
      text.uri,
      [...new Set(text.text.match(/\p{L}+/gu) ?? [])].filter((word) => isWord(word) && isRare(word)),
    ]),
  )
  const rareWord = ({ uri }: Text) => {
    const words = rareWords.get(uri) ?? []
    return words.length === 0 ? undefined : pick(words)
  }
  take('typo', EACH, (text) => {
    const word = rareWord(text)
    if (word === undefined) return undefined
    const typo = mistyped(word)
    if (lexemes(typo).some((lexeme) => found.has(lexeme))) return undefined
    if (below(2) === 0) return typo
    const sentence = splitSentences(text.text)
      .map(({ start, end }) => text.text.slice(start, end))
      .find((written) => written.includes(word))
    const others = (sentence?.match(/\p{L}{4,}/gu) ?? []).filter(
      (other) => other !== word && !STOP_WORDS.has(foldCase(other)) && detectLanguage(other) === language,
    )
    return others.length === 0 ? typo : `${pick(others)} ${typo}`
  })
  const layout = new Map(
    Object.entries(Object.fromEntries(KNOWLEDGE.ru.keyboard)).flatMap(([cyrillic, latin]) =>
      language === 'ru' ? [[cyrillic, latin] as const] : [[latin, cyrillic] as const],
    ),
  )
  take('layout', LAYOUTS, (text) => {
    const word = rareWord(text)
    return word === undefined
      ? undefined
      : Array.from(foldCase(word), (letter) => layout.get(letter) ?? letter).join('')
  })
  const names = (text: Text) =>
    [
      ...new Set(
        text.text.match(
          /(?<![\p{L}\p{N}_.-])[\p{L}\p{N}]+(?:[_.-]{1,2}[\p{L}\p{N}]+)+(?![\p{L}\p{N}_.-])|(?<![\p{L}\p{N}_.-])\p{Ll}+(?:\p{Lu}\p{Ll}+)+(?![\p{L}\p{N}_.-])/gu,
        ) ?? [],
      ),
    ].filter(
      (name) =>
        name.length > 5 &&
        name.length < 30 &&
        /^[\p{Script=Latin}\p{N}_.-]+$/u.test(name) &&
        (/_|\p{Ll}\p{Lu}/u.test(name) || (/\p{L}{2}/u.test(name) && /[\p{N}.]/u.test(name))),
    )
  const isIn = (words: string) => texts.filter(({ folded }) => folded.includes(flat(words)))
  take('identifier', EACH, (text) => {
    const known = names(text).filter((name) => isIn(name).length === 1)
    if (known.length === 0) return undefined
    const name = pick(known)
    switch (below(4)) {
      case 0:
        return name
      case 1:
        return name.toLowerCase()
      case 2:
        return name.replace(/[_.-]+/gu, '')
      default:
        return /\p{N}|[_.-].*[_.-]/u.test(name) ? name.replace(/[_.-]+/gu, ' ') : name.toLowerCase()
    }
  })
  take('phrase', EACH, (text) => {
    const words = text.text.slice(below(text.text.length)).match(/\S+/gu)?.slice(1) ?? []
    const length = 3 + below(4)
    const phrase = words.slice(0, length)
    if (phrase.length < length || phrase.some((word) => !/^[\p{L}\p{N}'’-]+$/u.test(word))) return undefined
    const written = phrase.join(' ')
    if (detectLanguage(written) !== language || isIn(written).length !== 1) return undefined
    // A third of them of words that say nothing by themselves.
    const little = phrase.filter((word) => STOP_WORDS.has(foldCase(word))).length
    if (below(3) === 0 && little < length - 1) return undefined
    return `"${written}"`
  })
  take('name', EACH, (text) => {
    const body = new Set(lexemes(text.text))
    const above = [text.uri.replace(/\.[a-z]+$/u, ''), text.title, ...text.headings]
    const written = pick(above)
    const words = (written.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 5)
    if (words.length < 1 || !words.some((word) => lexemes(word).some((lexeme) => !body.has(lexeme))))
      return undefined
    const asked = words.join(' ')
    const wanted = lexemes(asked)
    const holding = texts.filter(({ uri, title, headings, text: all }) => {
      const held = new Set(
        lexemes(`${uri} ${uri.replace(/\W/gu, ' ')} ${title} ${headings.join(' ')} ${all}`),
      )
      return wanted.every((lexeme) => held.has(lexeme))
    })
    return holding.length === 1 ? asked : undefined
  })
  return searches
}

const [folder = '../shared/data/docsqa'] = process.argv.slice(2)
for (const language of LANGUAGES) {
  const texts = await readAll(join(folder, language, 'documents'))
  const searches = make(language, texts)
  const file = fileURLToPath(new URL(`../test/data/searches/${language}.jsonl`, import.meta.url))
  writeFileSync(file, searches.map((search) => `${JSON.stringify(search)}\n`).join(''))
  console.log(`${language}: ${searches.length} searches`)
}
