/** The keys of a Latin keyboard, which those of other scripts share. */
import { ofAll } from './all-languages.ts'

const ROWS = ['qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,.']

const KEYS = new Map(
  ROWS.flatMap((row, at) => Array.from(row, (key, column): [string, Key] => [key, { row: at, column }])),
)

export interface Key {
  readonly row: number
  readonly column: number
}

/** What a Latin keyboard has on the same key, by the letter of another one. */
export const ON_LATIN_KEYS: ReadonlyMap<string, string> = new Map(ofAll(({ keyboard }) => keyboard))

/** Of a letter in lower case, in any script. */
export const keyOf = (letter: string): Key | undefined => KEYS.get(ON_LATIN_KEYS.get(letter) ?? letter)

/** Side by side in a row. */
export const areNeighbours = (one: Key, other: Key): boolean =>
  one.row === other.row && Math.abs(one.column - other.column) === 1
