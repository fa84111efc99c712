/** Messages between the daemon and a parser process. Documents are sent in slices to keep messages small. */

import { z } from 'zod'
import { ERROR_CODES } from '../../src/domain/errors.ts'
import { LANGUAGES } from '../../src/domain/language.ts'
import type { ParsedDocument } from '../../src/ports/parser.ts'
import { packedBlocksSchema } from '../../src/ports/store/packed-blocks.ts'

export const parseRequestSchema = z.object({
  path: z.string(),
  uri: z.string(),
  /** Folder of the model whose tokenizer counts. */
  model: z.string(),
  maxTextLength: z.number(),
  /** Password of an encrypted file. */
  password: z.string().optional(),
  /** The file is a stored document as JSON, to be split again. */
  stored: z.boolean().default(false),
})

export const storedDocumentSchema = z.object({
  title: z.string(),
  text: z.string(),
  linesMatchFile: z.boolean(),
  chunks: z.array(
    z.object({
      start: z.int(),
      end: z.int(),
      heading: z.string(),
      page: z.int().optional(),
      blocks: packedBlocksSchema.nullable(),
    }),
  ),
})
export type ParseRequest = z.input<typeof parseRequestSchema>

/** A chunk without the fields that the daemon can rebuild from the text. */
const slimChunkSchema = z.object({
  start: z.int(),
  end: z.int(),
  heading: z.string(),
  page: z.int().optional(),
  line: z.int().optional(),
  /** The part of `embedText` before the chunk's text. */
  context: z.string(),
  hash: z.string(),
  tokens: z.int(),
  blocks: packedBlocksSchema.nullable(),
})

/** A field that is missing here would be lost between the processes. */
const parsedFields = {
  title: z.string(),
  mediaType: z.string(),
  language: z.enum(LANGUAGES),
  linesMatchFile: z.boolean(),
  warnings: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  modifiedAt: z.date().optional(),
} satisfies Record<Exclude<keyof ParsedDocument, 'text' | 'chunks'>, z.ZodType>

/** Order: `text` slices, `chunks` slices, then `document`; or `failed`. */
export const parseReplySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('chunks'), chunks: z.array(slimChunkSchema) }),
  z.object({ type: z.literal('document'), ...parsedFields }),
  z.object({
    type: z.literal('failed'),
    code: z.enum(ERROR_CODES),
    message: z.string(),
    detail: z.string().optional(),
  }),
])
export type ParseReply = z.output<typeof parseReplySchema>
