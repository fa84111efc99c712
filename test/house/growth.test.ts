/** Whatever is written into a question, a history, a passage or an answer, its cost grows no faster than its length. */
import { it } from 'vitest'
import { compareQuestions } from '../../src/cache/gate/gate.ts'
import type { Passage } from '../../src/domain/answer.ts'
import { clip, printable, printableLine } from '../../src/domain/printable.ts'
import { MAX_QUESTION_CHARACTERS } from '../../src/domain/question.ts'
import type { CompletionPart } from '../../src/generate/engines/completion.ts'
import { withoutThinking } from '../../src/generate/engines/thinking.ts'
import { candidatesOf } from '../../src/generate/extractive/candidates.ts'
import { contradictionOf } from '../../src/generate/extractive/contradiction.ts'
import { evidenceOf } from '../../src/generate/extractive/evidence.ts'
import { compareWords, rank, shortlist } from '../../src/generate/extractive/relevance.ts'
import { checkCitations } from '../../src/generate/grounded/citations.ts'
import { filterLinks } from '../../src/generate/grounded/links.ts'
import { escapedForPrompt } from '../../src/generate/grounded/prompt-escape.ts'
import { weigh, wordsOf } from '../../src/retrieval/question.ts'
import { rankByWords } from '../../src/retrieval/rank.ts'
import { standaloneQuestion } from '../../src/talk/standalone.ts'
import { contentWords } from '../../src/text/content-words.ts'
import { splitSentences } from '../../src/text/sentences.ts'
import { expectLinear } from '../support/growth.ts'

/** UTF-16 code units of what has no bound of its own here: an answer, a passage, a text that is shown. */
const ANSWER = 16_384
const PASSAGE = 8192
const SHOWN = 32_768

/** Repeated to the length that is wanted. */
const REPEATED = [
  ...'«İ"“([`<!?.,:;/|*_=%$-’\'aы1ё \n\u0301\u00ad\u200b\u009b\u009d\u0090\x1b\ud800',
  ...['A ', 'a ', 'Ab', 'Ab ', 'aB', 'I ', 'US ', 'İ ', 'ё ', 'é', 'aé', 'iш', 'ﷺ ', '😀'],
  ...['it ', 'it, ', 'that  ', 'he, and how ', 'он ', 'this it ', 'Spain it ', 'and ', 'и ', 'what about '],
  ...['A of ', 'A the of ', 'Of ', 'ing', 'ation', 'ed', 'вшись', 'ыва', 's', 'ies', "n't ", "a'll ", "'s "],
  ...[
    '1 ',
    '1,',
    '1 000 ',
    '1.2.',
    'v1.',
    '1km ',
    '$1 ',
    '1% ',
    '2016 ',
    'a_b-',
    'a/',
    'x@y.z ',
    'getElement',
  ],
  ...[
    '![',
    '](',
    ']( ',
    ']:',
    '[1]',
    '[1',
    '[1, ',
    '[ ',
    '</',
    '<|',
    '< ',
    '<passage',
    '</turn> ',
    '<think>',
  ],
  ...['\x1b[', '\x1b]', '\x1bP', '\x9b0', '\x9da', '\r\x90@', '\r\n', '``` ', '`\n', '```\n', '~~~\n'],
  ...['https://', 'https:', '//', '//[', 'data:', '//a.b ', 'https://a.b/ ', '//a...!', '](a.b) ', 'http'],
  ...[
    '. ',
    '. A',
    '! ',
    '...',
    'Mr. ',
    'e.g. ',
    'т. е. ',
    'г. ',
    '- ',
    '1) ',
    '# ',
    '> ',
    '| a |\n',
    '---\n',
  ],
  ...['how do i ', 'what does ', 'what is ', 'how are ', 'in what year ', 'как ', 'что такое ', 'please '],
  ...['кошка ', 'кошку кошка ', 'from a to b ', 'of the ', 'not ', '«a» ', '"a" ', '“a ', '“«v', "A'", 'tªn'],
]

/** Texts of which every word is another. */
function distinct(word: (letters: string) => string) {
  return (length: number): string => {
    let text = ''
    for (let index = 0; text.length < length; index++) {
      const letters = [...index.toString(26)].map(
        (digit) => 'abcdefghijklmnopqrstuvwxyz'[Number.parseInt(digit, 26)],
      )
      text += word(letters.join(''))
    }
    return text.slice(0, length)
  }
}

const PATTERNS: readonly (readonly [string, (length: number) => string])[] = [
  ...REPEATED.map(
    (part) =>
      [
        JSON.stringify(part),
        (length: number) => part.repeat(length / part.length + 1).slice(0, length),
      ] as const,
  ),
  ['one long word', (length) => `${'x'.repeat(length - 1)}s`],
  ['letters and a mark', (length) => `${'a'.repeat(length - 1)}!`],
  ['marks and a letter', (length) => `${'!'.repeat(length - 1)}a`],
  ['blanks and a letter', (length) => `${' '.repeat(length - 1)}a`],
  ['a bracket and blanks', (length) => `[${' '.repeat(length - 1)}`],
  ['a tag and blanks', (length) => `<${' '.repeat(length - 1)}`],
  ['brackets that close', (length) => '('.repeat(length / 2) + ')'.repeat(length / 2)],
  ['different words', distinct((letters) => `${letters} `)],
  ['different names', distinct((letters) => `X${letters} `)],
  ['different quotations', distinct((letters) => `«${letters} x» `)],
  ['different links', distinct((letters) => `https://${letters}.example/ `)],
]

const passage = (text: string, number: number): Passage => ({
  number,
  chunk: `c${number}`,
  document: `d${number}`,
  collection: 'c',
  uri: 'u',
  title: 't',
  text,
  start: 0,
  end: text.length,
  score: 0.5,
})

const ORDINARY =
  'The lighthouse of Northwick was built in 1843. Its lamp burns whale oil. Маяк построен в 1843 году. '.repeat(
    20,
  )

/** All that the extractive engine does on the server's thread. */
function extract(question: string, texts: readonly string[]) {
  const passages = texts.map((text, index) => passage(text, index + 1))
  const compared = shortlist(compareWords(question, candidatesOf(passages)))
  const ranked = rank(
    compared,
    compared.map(() => 0.5),
  )
  return [evidenceOf(question, passages, ranked), contradictionOf(question, ranked)]
}

function find(question: string, text: string) {
  const words = weigh(wordsOf(question), new Map(), 100)
  const candidate = (chunk: string) => ({
    ...passage(text, 1),
    chunk,
    heading: '',
    language: 'en' as const,
    ordinal: 0,
    length: text.length,
    tokens: 100,
    similarity: 0.5,
    lexical: 1,
  })
  return rankByWords(words, 'en', 1, ['a', 'b'].map(candidate))
}

function filter(make: () => { push: (piece: string) => unknown; flush: () => unknown }, pieceLength: number) {
  return (text: string): void => {
    const filter = make()
    for (let at = 0; at < text.length; at += pieceLength) filter.push(text.slice(at, at + pieceLength))
    filter.flush()
  }
}

async function* streamed(text: string): AsyncGenerator<CompletionPart> {
  for (let at = 0; at < text.length; at += 3) yield { text: text.slice(at, at + 3) }
  yield { finish: 'stop' }
}

async function think(text: string): Promise<void> {
  for await (const piece of withoutThinking(streamed(text))) void piece
}

const links = () => filterLinks([ORDINARY])
const citations = () => checkCitations([passage(ORDINARY, 1)])

const ENTRIES: readonly (readonly [string, number, (text: string) => unknown])[] = [
  [
    'a question',
    MAX_QUESTION_CHARACTERS,
    (text) => standaloneQuestion(text, [{ question: 'Where is the Rhine?' }]),
  ],
  ['a follow-up', 1000, (text) => standaloneQuestion(text, [{ question: 'Where is the Rhine?' }])],
  [
    'an earlier question',
    MAX_QUESTION_CHARACTERS,
    (text) => standaloneQuestion('and why?', [{ question: text }]),
  ],
  ['terms', PASSAGE, contentWords],
  ['the cache gate', 2000, (text) => compareQuestions(text, `${text.slice(0, -2)}zz`, 'en')],
  ['the cache gate in Russian', 2000, (text) => compareQuestions(text, `${text.slice(0, -2)}яя`, 'ru')],
  ['the cache gate, in another order', 2000, (text) => compareQuestions(text, backwards(text), 'ru')],
  ['a search', MAX_QUESTION_CHARACTERS, (text) => find(text, ORDINARY)],
  ['a search in such a text', PASSAGE, (text) => find('When was the "lighthouse of Northwick" built?', text)],
  ['an answer to it', MAX_QUESTION_CHARACTERS, (text) => extract(text, [ORDINARY])],
  ['an answer from it', PASSAGE, (text) => extract('When was the lighthouse built?', [text])],
  ['links, whole', ANSWER, filter(links, ANSWER)],
  ['links, by small pieces', ANSWER, filter(links, 2)],
  ['citations, whole', ANSWER, filter(citations, ANSWER)],
  ['citations, by small pieces', ANSWER, filter(citations, 2)],
  ['thoughts', ANSWER, think],
  ['thoughts after their mark', ANSWER, (text) => think(`<think>${text}`)],
  ['text in a prompt', PASSAGE, escapedForPrompt],
  ['text on a terminal', SHOWN, printable],
  ['a line on a terminal', SHOWN, printableLine],
  ['a cut line', SHOWN, (text) => clip(text, 80)],
  ['sentences', SHOWN, splitSentences],
]

const backwards = (text: string): string => text.split(' ').toReversed().join(' ')

it.each(ENTRIES)('%s', { timeout: 120_000 }, async (_, bound, work) => {
  for (const [name, make] of PATTERNS) await expectLinear(bound, make, work, name)
})
