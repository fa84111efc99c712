/** What the tools take and give: zod schemas, from which MCP's JSON schemas are made. */
import { z } from 'zod'
import { CERTAINTIES } from '../domain/certainty.ts'
import { MAX_QUESTION_CHARACTERS } from '../domain/question.ts'

/** UTF-16 code units of a document that one call reads. */
export const MAX_READ_CHARACTERS = 20_000
const MAX_RESULTS = 50
const MAX_LISTED = 200

const collections = z
  .array(z.string().min(1).max(64))
  .max(32)
  .optional()
  .describe('only these collections; default: all that you may read')

const place = {
  heading: z.string().optional().describe('section path, joined by ` › `'),
  page: z.int().optional(),
  line: z.int().optional().describe('1-based line in the file'),
}

const span = {
  start: z.int().describe('start in the stored text, UTF-16 code units'),
  end: z.int().describe('end, exclusive'),
}

const source = {
  document: z.string().describe('id of the document, for read_document'),
  uri: z.string().describe('path or address'),
  title: z.string(),
}

export const searchInput = z.object({
  query: z
    .string()
    .min(1)
    .max(MAX_QUESTION_CHARACTERS)
    .describe(
      'a question or words, in English or Russian; "exact phrase", and filters such as in:folder type:pdf after:2024',
    ),
  collections,
  limit: z.int().min(1).max(MAX_RESULTS).default(8).describe('number of passages'),
})

export const searchOutput = z.object({
  passages: z.array(
    z.object({
      number: z.int().describe('rank, from 1'),
      ...source,
      collection: z.string(),
      ...span,
      text: z.string(),
      ...place,
      score: z.number().describe('cosine similarity to the query'),
    }),
  ),
  searched: z
    .string()
    .optional()
    .describe('what was searched instead, because no document has some word as it was spelt'),
})

export const askInput = z.object({
  question: z.string().min(1).max(MAX_QUESTION_CHARACTERS).describe('one question that stands alone'),
  collections,
  engine: z.string().max(64).optional().describe('a configured engine; default: the configured one'),
})

export const askOutput = z.object({
  answer: z.string().describe('Markdown; [1] marks a citation'),
  certainty: z
    .enum(CERTAINTIES)
    .describe(
      'answered; unsure: the documents do not say it directly, the closest is quoted; not_found; talk: nothing was asked of the documents',
    ),
  searched: z.string().optional().describe('what was searched instead of the question'),
  citations: z.array(
    z.object({
      number: z.int().describe('the mark in the answer'),
      ...source,
      ...span,
      text: z.string().describe('the exact stored text'),
      ...place,
    }),
  ),
  warnings: z.array(z.string()),
})

export const readInput = z.object({
  document: z.string().min(1).max(4096).describe('id or path of the document'),
  start: z.int().min(0).default(0).describe('where to begin, UTF-16 code units'),
  end: z.int().min(0).optional().describe('where to end, exclusive'),
  around: z
    .int()
    .min(0)
    .max(MAX_READ_CHARACTERS / 4)
    .default(0)
    .describe('also this much before and after, for the surroundings of a passage'),
})

export const readOutput = z.object({
  ...source,
  collection: z.string(),
  hash: z.string().describe("SHA-256 of the file's bytes, hex"),
  length: z.int().describe('length of the whole text'),
  ...span,
  text: z.string(),
  next: z.int().optional().describe('where to go on reading; absent at the end'),
})

export const listInput = z.object({
  collection: z.string().min(1).max(64).optional().describe('only this collection'),
  after: z.string().max(4096).optional().describe('`next` of the page before'),
  limit: z.int().min(1).max(MAX_LISTED).default(50),
})

export const listOutput = z.object({
  documents: z.array(
    z.object({
      ...source,
      collection: z.string(),
      language: z.string(),
      mediaType: z.string(),
      length: z.int().describe('length of the stored text, UTF-16 code units'),
      hash: z.string(),
      modifiedAt: z.string().nullable(),
    }),
  ),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
})

export const collectionsOutput = z.object({
  collections: z.array(z.object({ name: z.string(), documents: z.int(), chunks: z.int() })),
})
