/**
 * JSON for people's terminals and for programs alike: the same value for every parser, with all characters that a
 * terminal acts upon or that nobody sees as `\uXXXX` (C1 and DEL, bidirectional controls, zero width, tag characters).
 */
export const escapedJson = (value: unknown, indent?: number): string =>
  escapedLine(JSON.stringify(value, null, indent))

/** The same for JSON text, or for whatever a line of a log is. Line feeds and tabs stay: they are JSON's own spaces. */
export const escapedLine = (json: string): string => json.replace(UNSEEN, unitsOf)

const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{e0000}-\u{e0fff}]/gu

const unitsOf = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('')
