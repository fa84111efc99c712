import { z } from 'zod'
import { collectionName, MAX_URI_CHARACTERS, named, sourceId } from './fields.ts'
import { nothing, type Route } from './route.ts'

const ofSource = z.object({ id: sourceId })

const patterns = z.array(z.string().min(1).max(1024)).max(100)

const newSourceSchema = z.object({
  kind: z.enum(['folder', 'git', 'glob', 'url']),
  location: z.string().min(1).max(2048).describe('absolute path or pattern, or URL'),
  machine: z.string().max(255).describe('name of the machine with the files; empty for a URL'),
  options: z.object({
    root: z.string().max(4096).optional().describe('documents are named relative to this folder'),
    include: patterns.optional().describe('as in .gitignore'),
    exclude: patterns.optional().describe('as in .gitignore'),
  }),
})

const validatorsSchema = z.object({
  etag: z.string().max(1024).optional(),
  lastModified: z.string().max(100).optional(),
})

const sourceSchema = newSourceSchema.extend({
  id: sourceId,
  collection: z.string(),
  validators: validatorsSchema,
  createdAt: z.iso.datetime(),
  syncedAt: z.iso.datetime().nullable().describe('when it was last read completely'),
})

const sourceSummarySchema = sourceSchema.extend({ documents: z.int().nonnegative() })

const changedUri = z.string().min(1).max(MAX_URI_CHARACTERS)

const sourceChangesSchema = z.object({
  moves: z
    .array(z.object({ from: changedUri, to: changedUri }))
    .max(250)
    .default([]),
  removals: z.array(changedUri).max(250).default([]),
})

const syncedSchema = z.object({ validators: validatorsSchema.default({}) })

export const sourceRoutes = {
  listSources: {
    ...nothing,
    method: 'GET',
    path: '/sources',
    summary: 'Sources that can be synced',
    query: z.object({ collection: collectionName.optional() }),
    response: z.object({ sources: z.array(sourceSummarySchema) }),
  },
  rememberSource: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/sources',
    summary: 'Add a source or change its options; creates the collection if necessary',
    params: named,
    body: newSourceSchema,
    response: sourceSchema,
  },
  listSourceDocuments: {
    ...nothing,
    method: 'GET',
    path: '/sources/:id/documents',
    summary: 'Documents of a source by uri, with the hashes of their files',
    params: ofSource,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(10_000).default(1000),
      after: z.string().max(MAX_URI_CHARACTERS).optional(),
    }),
    response: z.object({
      documents: z.array(
        z.object({
          uri: z.string(),
          hash: z.string(),
          current: z.boolean().describe('the index has this content'),
        }),
      ),
    }),
  },
  changeSource: {
    ...nothing,
    method: 'POST',
    path: '/sources/:id/changes',
    summary: 'Rename and delete documents of a source, atomically',
    params: ofSource,
    body: sourceChangesSchema,
    response: z.object({
      moved: z.array(z.object({ from: z.string(), to: z.string() })),
      removed: z.array(z.string()),
    }),
  },
  markSynced: {
    ...nothing,
    method: 'POST',
    path: '/sources/:id/synced',
    summary: 'Report that a source was read completely',
    params: ofSource,
    body: syncedSchema,
    response: z.object({ id: sourceId }),
  },
  removeSource: {
    ...nothing,
    method: 'DELETE',
    path: '/sources/:id',
    summary: 'Remove a source, and its documents unless asked to keep them',
    params: ofSource,
    query: z.object({ documents: z.enum(['keep', 'remove']).default('remove') }),
    response: z.object({ source: sourceSchema, removed: z.int() }),
  },
} as const satisfies Record<string, Route>
