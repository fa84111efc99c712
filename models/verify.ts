import { basename, join } from 'node:path'
import { ChatbotError, errorText } from '../src/domain/errors.ts'
import { checksumLike } from './checksum.ts'
import type { ModelFiles } from './description.ts'

/**
 * Compares the checksum of every file of the model.
 * Throws `model_corrupt`, naming the file, if one is missing, unreadable or different.
 */
export async function verifyModel(model: ModelFiles): Promise<void> {
  for (const [file, expected] of Object.entries(model.checksums)) {
    const path = join(model.folder, file)
    const found = await checksumLike(expected, path).catch((thrown: unknown) => {
      throw corrupt(path, 'cannot be read', thrown)
    })
    if (found !== expected)
      throw corrupt(path, `has the checksum ${found.slice(0, 12)}…, not ${expected.slice(0, 12)}…`)
  }
}

const corrupt = (path: string, what: string, cause?: unknown): ChatbotError =>
  new ChatbotError(
    'model_corrupt',
    `The model file ${basename(path)} ${what}. Get the model again: chatbot models pull; the built-in one comes with chatbot (in a checkout: git checkout -- models).`,
    {
      cause,
      detail: cause === undefined ? path : `${path}: ${errorText(cause)}`,
    },
  )
