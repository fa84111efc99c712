import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ChatbotError } from '../src/domain/errors.ts'
import type { LocalModel } from './description.ts'

/** Slices of 256 KiB hash in about 0.2 ms each, so that the calling thread stays responsive. */
const SLICE = 256 * 1024

/**
 * Reads every file of the model and compares its SHA-256.
 * Throws `model_corrupt`, which names the file, when one is missing, unreadable or different.
 */
export async function verifyModel(model: LocalModel): Promise<void> {
  for (const [file, expected] of Object.entries(model.checksums)) {
    const path = join(model.folder, file)
    const found = await sha256(path).catch((thrown: unknown) => {
      throw corrupt(
        path,
        `cannot be read (${thrown instanceof Error ? thrown.message : String(thrown)})`,
        thrown,
      )
    })
    if (found !== expected)
      throw corrupt(path, `has SHA-256 ${found.slice(0, 12)}…, not ${expected.slice(0, 12)}…`)
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: SLICE }), hash)
  return hash.digest('hex')
}

const corrupt = (path: string, what: string, cause?: unknown): ChatbotError =>
  new ChatbotError(
    'model_corrupt',
    `The model file ${path} ${what}. Reinstall chatbot (in a checkout: git checkout -- models) and start again.`,
    cause === undefined ? {} : { cause },
  )
