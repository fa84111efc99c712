/** The data in messages and API responses: one zod schema each, checked against the domain's types. */

import { z } from 'zod'
import { MAX_QUOTED_SPANS, STAGES } from '../domain/answer.ts'
import { CERTAINTIES } from '../domain/certainty.ts'
import { MAX_COLLECTION_NAME_CHARACTERS } from '../domain/document.ts'
import { ERROR_CODES } from '../domain/errors.ts'
import {
  excessOf,
  MAX_DIFFERENT_GLOB_CHARACTERS,
  MAX_GLOB_CHARACTERS,
  MAX_WILDCARD_GLOB_CHARACTERS,
  MAX_WILDCARDS,
} from '../domain/glob.ts'
import { LANGUAGES } from '../domain/language.ts'
import {
  MAX_HISTORY_ANSWER_CHARACTERS,
  MAX_HISTORY_CHARACTERS,
  MAX_HISTORY_TURNS,
  MAX_QUESTION_CHARACTERS,
} from '../domain/question.ts'

const span = {
  start: z.int().nonnegative().describe('start of the quoted text in the stored text'),
  end: z.int().nonnegative().describe('end of the quoted text, exclusive'),
}

const quoted = { ...span, text: z.string().describe('the exact stored text at the span') }

const place = {
  heading: z.string().optional().describe('section path, joined by ` › `'),
  page: z.int().positive().optional().describe('1-based page, if the format has pages'),
  line: z.int().positive().optional().describe('1-based line in the file, if lines match'),
}

const scoresSchema = z.object({
  vector: z.number().describe('cosine similarity to the question'),
  lexical: z.number().describe('BM25'),
  fused: z.number().describe('decides the order'),
  sentence: z
    .number()
    .optional()
    .describe('cosine similarity of its best sentence, if sentences were compared'),
  rerank: z
    .number()
    .optional()
    .describe('logit of the reranker, if it was used: `fused` contains a hundredth of it'),
  matched: z.array(z.string()).readonly().describe("the question's words that it contains, as stems"),
})

export const passageSchema = z.object({
  number: z.int().positive().describe('rank, from 1'),
  chunk: z.string(),
  document: z.string().describe('id of the document'),
  collection: z.string(),
  uri: z.string(),
  title: z.string(),
  ...span,
  text: z.string(),
  ...place,
  score: z.number().describe('cosine similarity to the question'),
  scores: scoresSchema.optional().describe('how its rank was computed'),
})

export const citationSchema = z.object({
  number: z.int().positive().describe('the mark in the text: 1 for `[1]`'),
  document: z.string().describe('id of the document'),
  uri: z.string(),
  title: z.string(),
  ...quoted,
  spans: z
    .array(z.object(quoted))
    .max(MAX_QUOTED_SPANS)
    .readonly()
    .optional()
    .describe(
      "all quoted spans in the order of the answer, if there are several: a table's header and a row, a list's lead-in and an item; `start`, `end` and `text` are the main one",
    ),
  ...place,
  score: z.number(),
})

const usageSchema = z.object({
  promptTokens: z.int().nonnegative(),
  completionTokens: z.int().nonnegative(),
})

const timingsSchema = z
  .partialRecord(z.enum([...STAGES, 'total']), z.number().nonnegative())
  .describe('milliseconds per stage')

const cachedSchema = z
  .union([
    z.literal(false),
    z.object({
      tier: z.enum(['exact', 'semantic']).describe('the same question, or one that asks the same'),
      question: z.string().optional().describe('the earlier question, if you asked it'),
      askedAt: z.iso.datetime().optional().describe('when it was answered'),
    }),
  ])
  .describe('whether the answer came from the cache, and from which tier')

const told = {
  certainty: z
    .enum(CERTAINTIES)
    .optional()
    .describe(
      '`unsure`: the documents do not say it directly, and the text quotes what came closest; `not_found`: they do not hold it, and the text says so; `talk`: nothing was asked of the documents, such as a greeting. Daemons of earlier versions send only `refused`',
    ),
  refused: z.boolean().describe('true exactly for `not_found`'),
}

export const answerSchema = z.object({
  id: z.uuid().describe("the ask's id"),
  conversation: z.string(),
  question: z.string(),
  searched: z
    .string()
    .optional()
    .describe(
      'what was searched instead of the question: it stands alone if this was a follow-up, and its words are spelt as in the documents',
    ),
  text: z.string().describe('the whole text, in Markdown; equals the joined deltas of the last epoch'),
  ...told,
  citations: z.array(citationSchema),
  cached: cachedSchema,
  generator: z.string(),
  language: z.enum(LANGUAGES),
  usage: usageSchema.optional(),
  timings: timingsSchema,
  warnings: z.array(z.string()),
})

export const searchedSchema = z
  .string()
  .optional()
  .describe('what was searched instead, because no document has some word as it was spelt')

export const errorBodySchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string().describe('what happened and what to do next'),
  retryAfterMs: z.int().nonnegative().optional().describe('when to retry, if that may help'),
})

/** UTF-16 code units; ISO 8601 allows any number of decimals. */
export const MAX_MOMENT_CHARACTERS = 40

/** No database stores NUL, so nothing could match it. */
const pattern = z
  .string()
  .min(1)
  .max(MAX_GLOB_CHARACTERS)
  .regex(/^[^\0]*$/, 'must not contain NUL')

const patterns = z.array(pattern).max(32)

/** Number of metadata names in a filter. */
const MAX_FILTER_METADATA = 32

export const filterSchema = z
  .object({
    paths: patterns.optional().describe('only documents whose uri matches one of these globs'),
    excludePaths: patterns.optional().describe('no documents whose uri matches one of these'),
    within: patterns
      .optional()
      .describe('only documents with one of these folders, or files without their ending, in their uri'),
    notWithin: patterns.optional().describe('no documents with one of these'),
    types: patterns.optional().describe('only documents whose file name has one of these endings: `pdf`'),
    sources: patterns
      .optional()
      .describe('only documents from sources whose location matches one of these globs'),
    languages: z
      .array(z.enum(LANGUAGES))
      .max(2)
      .optional()
      .describe('only documents in one of these languages'),
    modifiedFrom: z.iso
      .datetime({ offset: true })
      .max(MAX_MOMENT_CHARACTERS)
      .optional()
      .describe('only documents modified at or after this time'),
    modifiedBefore: z.iso
      .datetime({ offset: true })
      .max(MAX_MOMENT_CHARACTERS)
      .optional()
      .describe('only documents modified before this time'),
    metadata: z
      .record(pattern.max(64), z.union([pattern.max(1024), z.literal('')]))
      .refine(
        (metadata) => Object.keys(metadata).length <= MAX_FILTER_METADATA,
        `at most ${MAX_FILTER_METADATA} names`,
      )
      .optional()
      .describe(
        `only documents with all of this metadata, case-insensitive; at most ${MAX_FILTER_METADATA} names`,
      ),
  })
  .superRefine(({ paths = [], excludePaths = [], sources = [] }, context) => {
    const excess = excessOf([...paths, ...excludePaths, ...sources])
    if (excess !== undefined) context.addIssue(excess)
  })
  .describe(
    `narrows the search; \`*\` within a folder, \`**\` across folders; globs with wildcards may have ${MAX_WILDCARD_GLOB_CHARACTERS} characters, ${MAX_WILDCARDS} wildcards and ${MAX_DIFFERENT_GLOB_CHARACTERS} different characters in total`,
  )

export const collectionsSchema = z
  .array(z.string().min(1).max(MAX_COLLECTION_NAME_CHARACTERS))
  .min(1)
  .max(64)
  .describe('names of collections; default: all that the asker can read')

export const turnSchema = z.object({
  id: z.string(),
  question: z.string(),
  searched: z.string().optional().describe('as in the answer'),
  state: z.enum(['running', 'complete', 'failed', 'cancelled', 'interrupted']),
  text: z.string(),
  ...told,
  citations: z.array(citationSchema),
  askedAt: z.iso.datetime(),
})

export const earlierTurnSchema = z.object({
  question: z.string().min(1).max(MAX_QUESTION_CHARACTERS),
  answer: z.string().max(MAX_HISTORY_ANSWER_CHARACTERS),
})

export const historySchema = z
  .array(earlierTurnSchema)
  .max(MAX_HISTORY_TURNS)
  .refine(
    (turns) =>
      turns.reduce((sum, { question, answer }) => sum + question.length + answer.length, 0) <=
      MAX_HISTORY_CHARACTERS,
    `all turns together may have at most ${MAX_HISTORY_CHARACTERS} UTF-16 code units`,
  )

export const conversationSchema = z.object({
  id: z.string(),
  title: z.string(),
  turns: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})
