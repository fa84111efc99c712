/** The outcome of one question, as saved in runs: everything that the metrics are computed from. */
import { z } from 'zod'
import { STAGES } from '../domain/answer.ts'
import { CERTAINTIES, withCertainty } from '../domain/certainty.ts'

/** Whether the keys of a correct answer are found, cited from a correct document. */
const keyedOutcome = z.object({
  /** In the first 400 and 900 characters; for long answers 1,000 and 1,500. */
  early: z.boolean(),
  late: z.boolean(),
  /** The same as `late`, also if the reply is unsure. Absent in runs saved by older versions. */
  quoted: z.boolean().optional(),
  /** Before the first mark, in at most 400 characters. */
  first: z.boolean(),
  /** In the context passages: as a whole, truncated like an answer, and in the first one only. */
  held: z.boolean(),
  pastedEarly: z.boolean(),
  pastedLate: z.boolean(),
  pastedFirst: z.boolean(),
})

const answerFields = z.object({
  certainty: z.enum(CERTAINTIES).optional(),
  /** Only in runs saved by older versions, instead of a certainty. */
  refused: z.boolean().default(false),
  /** Contains one of the correct answers; absent if the set has none. */
  contained: z.boolean().optional(),
  f1: z.number().optional(),
  /** Sentences of the answer without its marks; absent if the reply is not `answered`. */
  sentences: z.int().optional(),
  citations: z.int(),
  /** Citations of which a text is not the stored text at its span. */
  wrongCitations: z.int(),
  /** Cites a gold document; absent if the reply is not `answered` or if the set names none. */
  goldCited: z.boolean().optional(),
  /** The first citation is of a gold document; absent if the set names none. */
  goldFirst: z.boolean().optional(),
  /** UTF-16 code units of the text. Absent in runs saved by older versions. */
  characters: z.int().optional(),
  /** Absent if the set has no keys. */
  keyed: keyedOutcome.optional(),
  /** Milliseconds by stage. */
  timings: z.partialRecord(z.enum([...STAGES, 'total']), z.number()),
})

const answerOutcome = answerFields.transform(withCertainty)

const cacheOutcome = z.object({
  paraphrases: z.int(),
  /** Paraphrases answered from the question or another of its paraphrases. */
  hits: z.int(),
  /** Questions, paraphrases and opposites asked with the cache. */
  asked: z.int(),
  /** Asks answered from a question with a different meaning. */
  falseHits: z.int(),
})

export const outcomeSchema = z.object({
  id: z.string(),
  set: z.string(),
  question: z.string(),
  answerable: z.boolean(),
  /** Ranks of the gold items; null beyond the search limit. Absent if the set has nothing to find. */
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
