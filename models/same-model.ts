import { basename, isAbsolute } from 'node:path'
import type { IndexSpec } from '../src/domain/document.ts'
import { ChatbotError } from '../src/domain/errors.ts'

/** Throws `index_mismatch` if the files under the reference have become another model. */
export function checkSameModel(
  collection: string,
  live: Pick<IndexSpec, 'reference' | 'model'>,
  found: Pick<IndexSpec, 'model'>,
): void {
  if (live.model === found.model) return
  const isFolder = isAbsolute(live.reference)
  const reference = isFolder ? basename(live.reference) : live.reference
  throw new ChatbotError(
    'index_mismatch',
    `The collection "${collection}" is indexed with ${live.model}, but ${reference} is ${found.model} on this ` +
      `machine. Restore the earlier files, or rebuild the index from the stored text: chatbot index rebuild --collection ${collection} --model ${reference}`,
    { detail: isFolder ? live.reference : undefined },
  )
}
