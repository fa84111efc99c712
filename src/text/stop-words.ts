import { KNOWLEDGE } from './language.ts'

/** Of all languages together: a question may mix them. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  Object.values(KNOWLEDGE).flatMap(({ stopWords }) => [...stopWords]),
)
