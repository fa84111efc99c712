import { z } from 'zod'
import { INDEX_PROBLEMS } from '../../domain/document.ts'
import { named } from './fields.ts'
import { jobSchema } from './jobs.ts'
import { nothing, type Route } from './route.ts'

const generationSchema = z.object({
  id: z.int(),
  collection: z.string(),
  reference: z.string().describe("the model's name: `builtin`, `org/name` or a folder"),
  model: z.string(),
  dimensions: z.int(),
  splitter: z.string(),
  state: z.enum(['building', 'active', 'retired']),
  documents: z.int(),
  chunks: z.int(),
  withoutBlocks: z
    .int()
    .describe(
      'documents stored by an earlier version: answers quote whole paragraphs of them until they are ingested again',
    ),
  access: z.string().describe('`exact`, or the name of the approximate index'),
  bytes: z.int().describe('size on disk of vectors and their indexes'),
  createdAt: z.iso.datetime(),
})

const verificationSchema = z.object({
  collection: z.string(),
  generation: z.int().nullable().describe('null: nothing was ever ingested'),
  documents: z.int(),
  chunks: z.int(),
  recall: z
    .number()
    .nullable()
    .describe('recall of the approximate index against an exact search, on a sample; null if there is none'),
  problems: z.array(
    z.object({
      kind: z.enum(INDEX_PROBLEMS),
      count: z.int(),
      fixed: z.boolean(),
      examples: z.array(z.string()),
    }),
  ),
})

export const indexRoutes = {
  listIndex: {
    ...nothing,
    method: 'GET',
    path: '/index',
    summary: 'Index generations and their sizes',
    response: z.object({ generations: z.array(generationSchema) }),
  },
  rebuildIndex: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/rebuild',
    summary: 'Rebuild the index of a collection from its stored text while the current one is still searched',
    params: named,
    body: z.object({
      model: z.string().min(1).max(4096).optional().describe('embedding model; default: the current one'),
    }),
    response: z.object({ job: jobSchema.nullable().describe('null: the index is up to date') }),
  },
  verifyIndex: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/verify',
    summary: 'Verify the index of a collection against its stored documents, and optionally repair it',
    params: named,
    body: z.object({ fix: z.boolean().default(false) }),
    response: verificationSchema.extend({
      job: jobSchema.nullable().describe('the rebuild that recreates damaged chunks'),
    }),
  },
  dropGeneration: {
    ...nothing,
    method: 'DELETE',
    path: '/index/:generation',
    summary: 'Drop an inactive index generation, and cancel the rebuild that is building it',
    params: z.object({ generation: z.coerce.number().int().min(1).max(2_147_483_647) }),
    response: z.object({ generation: z.int(), collection: z.string() }),
  },
} as const satisfies Record<string, Route>
