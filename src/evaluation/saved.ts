/** Saves and loads runs, for comparisons. */

import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { ChatbotError } from '../domain/errors.ts'
import { escapedJson } from '../domain/escaped-json.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { failureSchema, outcomeSchema, type QuestionOutcome } from './outcome.ts'

const savedSchema = z.object({
  format: z.literal('chatbot-eval-1'),
  madeAt: z.iso.datetime(),
  version: z.string(),
  file: z.string(),
  collections: z.array(z.string()).describe('empty: all'),
  engine: z.string().optional(),
  retrieval: z.record(z.string(), z.unknown()),
  outcomes: z.array(outcomeSchema),
  failed: z.array(failureSchema),
})

export type SavedRun = z.output<typeof savedSchema>

export async function saveRun(path: string, run: Omit<SavedRun, 'format'>): Promise<void> {
  const saved: SavedRun = { format: 'chatbot-eval-1', ...run }
  await writeFile(path, `${escapedJson(saved)}\n`).catch((error: unknown) => {
    throw ChatbotError.wrap(error, 'bad_request', 'The run could not be saved: ')
  })
}

/** Throws `not_found` or `bad_request`. */
export async function loadOutcomes(path: string): Promise<readonly QuestionOutcome[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw ChatbotError.wrap(error, 'not_found', 'The earlier run could not be read: ')
  })
  const saved = savedSchema.safeParse(parseJsonOrUndefined(text))
  if (saved.success) return saved.data.outcomes
  throw new ChatbotError(
    'bad_request',
    `${path} is not a run saved by \`chatbot eval --save\` of this version.`,
  )
}
