import { COLLECTION_NAME } from '../../src/domain/document.ts'
import { ChatbotError } from '../../src/domain/errors.ts'

/** The name, if a collection can be called so; throws `invalid_collection_name`. */
export function checkCollectionName(name: string): string {
  if (COLLECTION_NAME.test(name)) return name
  throw new ChatbotError(
    'invalid_collection_name',
    `"${name}" is no name for a collection: lower-case letters, digits, dot, dash and underscore, at most 63, starting with a letter or digit.`,
  )
}
