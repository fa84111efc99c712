import { ofAll } from './all-languages.ts'

export const STOP_WORDS: ReadonlySet<string> = new Set(ofAll(({ stopWords }) => stopWords))
