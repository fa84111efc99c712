import { z } from 'zod'
import { named } from './fields.ts'
import { nothing, type Route } from './route.ts'

const collectionSettings = {
  cache: z.boolean().describe('whether its answers may be cached'),
  engine: z
    .string()
    .max(64)
    .nullable()
    .describe('engine for questions that name none; null: the configured one'),
}

const collectionSchema = z.object({
  id: z.string(),
  name: z.string(),
  revision: z.int().nonnegative(),
  ...collectionSettings,
  documents: z.int().nonnegative(),
  chunks: z.int().nonnegative(),
  createdAt: z.iso.datetime(),
})

export const collectionRoutes = {
  listCollections: {
    ...nothing,
    method: 'GET',
    path: '/collections',
    summary: 'All collections',
    response: z.object({ collections: z.array(collectionSchema) }),
  },
  createCollection: {
    ...nothing,
    method: 'POST',
    path: '/collections',
    summary: 'Create an empty collection',
    body: named,
    response: collectionSchema,
  },
  configureCollection: {
    ...nothing,
    method: 'PUT',
    path: '/collections/:name/settings',
    summary: 'Change the settings of a collection',
    params: named,
    body: z
      .object(collectionSettings)
      .partial()
      .refine((settings) => Object.keys(settings).length > 0, 'name a setting'),
    response: z.object({ name: z.string(), ...collectionSettings }),
  },
  removeCollection: {
    ...nothing,
    method: 'DELETE',
    path: '/collections/:name',
    summary: 'Delete a collection with its documents',
    params: named,
    response: z.object({ name: z.string() }),
  },
} as const satisfies Record<string, Route>
