/**
 * JSON that is safe to print on a terminal. Every parser reads the same value; characters that a terminal acts on
 * or that are invisible are written as `\uXXXX` (C1 and DEL, bidirectional controls, zero width, tag characters).
 */
export const escapedJson = (value: unknown, indent?: number): string =>
  escapedLine(JSON.stringify(value, null, indent))

/** The same for existing JSON text or log lines. Line feeds and tabs stay: they are JSON white space. */
export const escapedLine = (json: string): string => json.replace(UNSEEN, unitsOf)

const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{e0000}-\u{e0fff}]/gu

const unitsOf = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
