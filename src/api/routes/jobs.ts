import { z } from 'zod'
import { ERROR_CODES } from '../../domain/errors.ts'
import { JOB_KINDS, JOB_STATES, STAGED_STATES } from '../../domain/job.ts'
import { identified, limit, named } from './fields.ts'
import { nothing, type Route } from './route.ts'

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  collection: z.string(),
  state: z.enum(JOB_STATES),
  sealed: z.boolean().describe('closed for uploads'),
  documents: z.int().describe('documents received'),
  indexed: z.int(),
  failed: z.int(),
  replaced: z.int().describe('documents superseded by a later upload'),
  chunks: z.int(),
  embedded: z.int().describe('chunks with a new vector'),
  reused: z.int().describe('chunks whose vector was reused'),
  current: z.string().nullable().describe('uri of the document in progress'),
  waiting: z.string().nullable().describe('what it waits for while something outside fails'),
  errorCode: z.enum(ERROR_CODES).nullable(),
  errorMessage: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
})

const jobDocumentSchema = z.object({
  id: z.int().describe('increases in the order in which documents are received'),
  uri: z.string(),
  state: z.enum(STAGED_STATES),
  chunks: z.int(),
  warnings: z.array(z.string()),
  document: z.string().nullable().describe('id of the indexed document'),
  errorCode: z.enum(ERROR_CODES).nullable(),
  errorMessage: z.string().nullable(),
})

export const jobRoutes = {
  createJob: {
    ...nothing,
    method: 'POST',
    path: '/collections/:name/jobs',
    summary: 'Start a run: its uploads are indexed in the background',
    params: named,
    response: jobSchema,
  },
  sealJob: {
    ...nothing,
    method: 'POST',
    path: '/jobs/:id/seal',
    summary: 'Close a run for uploads: it is done when everything is indexed',
    params: identified,
    response: jobSchema,
  },
  listJobs: {
    ...nothing,
    method: 'GET',
    path: '/jobs',
    summary: 'Jobs of the caller, latest first',
    query: z.object({ limit }),
    response: z.object({ jobs: z.array(jobSchema) }),
  },
  getJob: {
    ...nothing,
    method: 'GET',
    path: '/jobs/:id',
    summary: 'Progress of a job; the id may be a unique prefix',
    params: identified,
    response: jobSchema,
  },
  listJobDocuments: {
    ...nothing,
    method: 'GET',
    path: '/jobs/:id/documents',
    summary: 'The outcome of each document of a run',
    params: identified,
    query: z.object({
      after: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .describe('id of the last document of the previous page'),
      state: z.enum(STAGED_STATES).optional(),
      limit,
    }),
    response: z.object({ documents: z.array(jobDocumentSchema) }),
  },
  cancelJob: {
    ...nothing,
    method: 'POST',
    path: '/jobs/:id/cancel',
    summary: 'Cancel a running or failed job; what it has indexed stays',
    params: identified,
    response: jobSchema,
  },
  retryJob: {
    ...nothing,
    method: 'POST',
    path: '/jobs/:id/retry',
    summary: 'Resume a failed job',
    params: identified,
    response: jobSchema,
  },
} as const satisfies Record<string, Route>
