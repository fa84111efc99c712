/** A question set: JSON Lines, one question per line. docs/EVALUATION.md describes the fields. */

import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { EarlierTurn, SearchFilter } from '../domain/answer.ts'
import { ChatbotError, errorText } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { LANGUAGES, type Language } from '../domain/language.ts'
import { linesOf } from '../domain/lines.ts'
import { MAX_QUESTION_CHARACTERS } from '../domain/question.ts'
import { earlierTurnSchema, filterSchema } from '../protocol/shapes.ts'
import { detectLanguage } from '../text/language.ts'
import { seededRandom } from './bootstrap.ts'

export interface EvalQuestion {
  /** Identifies the question in saved runs, for comparisons. */
  readonly id: string
  /** The part of the set that it is reported under; default: its language. */
  readonly set: string
  readonly question: string
  /** False: the correct reply is that the documents do not contain the answer. */
  readonly answerable: boolean
  /** Correct answers, in any of their forms. */
  readonly answers: readonly string[]
  /**
   * Keys of a correct answer: it must contain one of each group. Stricter than `answers`: only text at the beginning
   * counts, cited from a correct document.
   */
  readonly must: readonly (readonly string[])[]
  /** Keys are case-sensitive. */
  readonly caseSensitive: boolean
  /** The answer is a list, steps or several parts, and may be longer. */
  readonly long: boolean
  /** Language of the answer, for its numbers; default: that of the question. */
  readonly language: Language
  /** Documents to find, each by id, uri, or the end of its path. */
  readonly documents: readonly string[]
  /** Passages to find too: text that one passage must contain, anywhere or in this document. */
  readonly passages: readonly GoldPassage[]
  /** Also correct but not required to be found: their documents count as correct too. */
  readonly also: readonly GoldPassage[]
  /** Earlier questions of the conversation with their answers, oldest first. */
  readonly history: readonly EarlierTurn[]
  /** Other wordings, which the cache should answer alike. */
  readonly paraphrases: readonly string[]
  /** Similar questions with a different meaning, which the cache must not answer. */
  readonly opposites: readonly string[]
  readonly filter?: SearchFilter
}

export interface GoldPassage {
  readonly document?: string | undefined
  readonly text: string
}

/** Name of the whole set if its parts have names. */
export const ALL = 'all'

const MAX_QUESTIONS = 100_000
/** Maximum invalid lines that an error lists. */
const MAX_LISTED = 10

const text = z.string().refine((value) => value.trim() !== '', 'must not be blank')
const question = text.max(MAX_QUESTION_CHARACTERS)
const goldPassages = z.array(z.strictObject({ document: text.optional(), text })).default([])

const lineSchema = z
  .strictObject({
    id: text.max(200).optional(),
    set: text
      .max(40)
      .regex(/^[^:=]*$/, 'must not contain `:` or `=`')
      .refine((name) => name !== ALL, `\`${ALL}\` is the name of the whole set`)
      .optional(),
    question,
    answerable: z.boolean().default(true),
    answers: z.array(text).default([]),
    documents: z.array(text).default([]),
    passages: goldPassages,
    also: goldPassages,
    must: z.array(z.array(text).min(1)).default([]),
    caseSensitive: z.boolean().default(false),
    long: z.boolean().default(false),
    language: z.enum(LANGUAGES).optional(),
    history: z.array(earlierTurnSchema).max(100).default([]),
    paraphrases: z.array(question).default([]),
    opposites: z.array(question).default([]),
    filter: filterSchema.optional(),
  })
  .refine(({ answerable, answers, must }) => answerable || answers.length + must.length === 0, {
    path: ['answers'],
    message: 'an unanswerable question has none',
  })
  .refine(({ must, documents }) => must.length === 0 || documents.length > 0, {
    path: ['must'],
    message: 'keys count only in text cited from `documents`: name them',
  })
  .refine(
    ({ history, paraphrases, opposites }) =>
      history.length === 0 || paraphrases.length + opposites.length === 0,
    {
      path: ['history'],
      message:
        'the cache ignores questions with earlier turns: paraphrases and opposites are not allowed here',
    },
  )

/** Reads a set from a file; throws like `readQuestions`, and `not_found`. */
export async function readQuestionFile(path: string): Promise<EvalQuestion[]> {
  try {
    const file = await open(path)
    // The stream closes it.
    return await readQuestions(file.createReadStream(), path)
  } catch (error) {
    throw ChatbotError.wrap(error, 'not_found', 'The set of questions could not be read: ')
  }
}

/**
 * Reads a set; errors call it `name`. Throws `bad_request` with the invalid lines and their numbers.
 */
export async function readQuestions(input: Readable, name: string): Promise<EvalQuestion[]> {
  const questions: EvalQuestion[] = []
  const lineOfId = new Map<string, number>()
  const wrong: string[] = []
  let number = 0
  for await (const line of linesOf(input.setEncoding('utf8'))) {
    number += 1
    if (line.trim() === '') continue
    const read = parseLine(line)
    const earlier = typeof read === 'string' ? undefined : lineOfId.get(read.id)
    if (typeof read === 'string') wrong.push(`${name}:${number}: ${read}`)
    else if (earlier !== undefined)
      wrong.push(`${name}:${number}: same question as on line ${earlier}; give it a different \`id\``)
    else {
      lineOfId.set(read.id, number)
      questions.push(read)
    }
    if (wrong.length === MAX_LISTED) break
    if (questions.length > MAX_QUESTIONS) {
      throw new ChatbotError('bad_request', `${name} has more than ${MAX_QUESTIONS} questions. Split it.`)
    }
  }
  if (wrong.length > 0) {
    const more = wrong.length === MAX_LISTED ? '\n(The rest was not read.)' : ''
    throw new ChatbotError('bad_request', `These lines are not questions:\n${wrong.join('\n')}${more}`)
  }
  if (questions.length === 0) throw new ChatbotError('bad_request', `${name} has no questions.`)
  return questions
}

/** The question, or the error of the line. */
function parseLine(line: string): EvalQuestion | string {
  let value: unknown
  try {
    value = parseJson(line.replace(/^\uFEFF/, ''))
  } catch (error) {
    return `not JSON: ${errorText(error)}`
  }
  const parsed = lineSchema.safeParse(value)
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; ')
  }
  const { id, set, filter, language, ...rest } = parsed.data
  return {
    ...rest,
    id: id ?? idOf([rest.question, rest.history, filter, set]),
    set: set ?? detectLanguage(rest.question),
    language: language ?? detectLanguage(rest.question),
    filter,
  }
}

const idOf = (parts: unknown) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)

/** The first `limit` questions, or a sample drawn with `seed`, in the order of the set. */
export function sampleOf(
  questions: readonly EvalQuestion[],
  limit: number,
  seed: number | undefined,
): readonly EvalQuestion[] {
  if (seed === undefined) return questions.slice(0, limit)
  const random = seededRandom(seed)
  const drawn = questions
    .map((_, index) => ({ index, lot: random() }))
    .toSorted((a, b) => a.lot - b.lot)
    .slice(0, limit)
  const chosen = new Set(drawn.map(({ index }) => index))
  return questions.filter((_, index) => chosen.has(index))
}
