import type { IndexSpec } from './document.ts'
import { ChatbotError } from './errors.ts'

/** The files under the reference may have become another model. Throws `index_mismatch`. */
export function checkModel(
  collection: string,
  live: Pick<IndexSpec, 'reference' | 'model'>,
  found: Pick<IndexSpec, 'model'>,
): void {
  if (live.model === found.model) return
  throw new ChatbotError(
    'index_mismatch',
    `The collection "${collection}" is indexed with ${live.model}, but ${live.reference} is ${found.model} on this ` +
      `machine. Bring the earlier files back, or make its index anew from the stored text: chatbot index rebuild --collection ${collection} --model ${live.reference}`,
  )
}
