import { anyOf } from '../../../text/all-languages.ts'
import { oneLine } from '../../../text/lines.ts'

const GENERATED = new RegExp(
  anyOf(({ documents }) => documents.generatedDescriptions),
  'iu',
)
/** A name that a program put in: `IMG_2041.JPG`. */
const FILE_NAME = /^\S*\.(?:avif|bmp|emf|gif|ico|jpe?g|png|svg|tiff?|webp|wmf)$/iu
/** UTF-16 code units. */
const MAX_CHARACTERS = 2000

/** A picture's alternative text, which is all that can be read of it; empty if a program generated it. */
export function meaningful(description = ''): string {
  const text = oneLine(description.slice(0, MAX_CHARACTERS))
  return GENERATED.test(text) || FILE_NAME.test(text) ? '' : text
}
