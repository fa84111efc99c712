/** What became of one question, as runs are saved: everything that a metric is computed from. */
import { z } from 'zod'
import { STAGES } from '../domain/answer.ts'

/** Whether the keys of a right answer are met, by what is cited from a right document. */
const keyedOutcome = z.object({
  /** In the first 400 and 900 characters; of long answers, 1,000 and 1,500. */
  early: z.boolean(),
  late: z.boolean(),
  /** Before the first mark, in 400 characters at most. */
  first: z.boolean(),
  /** By the passages that the answer was made from: whole, pasted in its place and cut, and the first of them. */
  held: z.boolean(),
  pastedEarly: z.boolean(),
  pastedLate: z.boolean(),
  pastedFirst: z.boolean(),
})

const answerOutcome = z.object({
  refused: z.boolean(),
  /** One of the right answers is inside; absent when the set gives none. */
  contained: z.boolean().optional(),
  f1: z.number().optional(),
  /** Of the answer without its marks; absent when refused. */
  sentences: z.int().optional(),
  citations: z.int(),
  /** Citations of which a text is not the stored text at its span. */
  wrongCitations: z.int(),
  /** A gold document is among those cited; absent when refused or when the set names none. */
  goldCited: z.boolean().optional(),
  /** The first citation is of a gold document; absent when the set names none. */
  goldFirst: z.boolean().optional(),
  /** UTF-16 code units of the text. Absent in runs saved before they were counted. */
  characters: z.int().optional(),
  /** Absent when the set gives no keys. */
  keyed: keyedOutcome.optional(),
  /** Milliseconds by stage. */
  timings: z.partialRecord(z.enum([...STAGES, 'total']), z.number()),
})

const cacheOutcome = z.object({
  paraphrases: z.int(),
  /** Paraphrases that were given the answer of the question or of another paraphrase of it. */
  hits: z.int(),
  /** Questions, paraphrases and opposites asked with the cache. */
  asked: z.int(),
  /** Those of them that were given the answer of a question that means something else. */
  falseHits: z.int(),
})

export const outcomeSchema = z.object({
  id: z.string(),
  set: z.string(),
  question: z.string(),
  answerable: z.boolean(),
  /** Ranks of what should be found; null beyond what was looked at. Absent when the set names nothing to find. */
  ranks: z.array(z.int().positive().nullable()).optional(),
  searchMs: z.number(),
  answer: answerOutcome.optional(),
  cache: cacheOutcome.optional(),
})

export type QuestionOutcome = z.output<typeof outcomeSchema>
export type AnswerOutcome = z.output<typeof answerOutcome>
export type KeyedOutcome = z.output<typeof keyedOutcome>
export type CacheOutcome = z.output<typeof cacheOutcome>

/** A question that could not be measured. */
export const failureSchema = z.object({ id: z.string(), code: z.string(), message: z.string() })
export type Failure = z.output<typeof failureSchema>
