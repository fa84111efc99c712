import { KNOWLEDGE } from './language.ts'

/** Those of all languages together, because a question may mix them. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  Object.values(KNOWLEDGE).flatMap(({ stopWords }) => [...stopWords]),
)
