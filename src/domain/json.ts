/** Nesting depth: messages need six levels; hostile ones would overflow the stack of any code that walks them. */
export const MAX_JSON_DEPTH = 200
/** Values in a message or a request; a manifest of 1,000 files has 4,000. Each may cause a validation error. */
export const MAX_MESSAGE_VALUES = 20_000

/** Valid JSON that is refused because it is too deep or too wide. */
export class JsonTooLarge extends SyntaxError {}

export interface JsonBounds {
  /** Counts scalars and containers. */
  readonly maxValues?: number
  /** As of `JSON.parse`. */
  readonly reviver?: (key: string, value: unknown, context?: { source?: string }) => unknown
}

/** Parses JSON from outside. Throws a `SyntaxError`: `JsonTooLarge`, or the one of `JSON.parse`. */
export function parseJson(
  text: string,
  { maxValues = Number.POSITIVE_INFINITY, reviver }: JsonBounds = {},
): unknown {
  checkShape(text, maxValues)
  return reviver === undefined ? JSON.parse(text) : JSON.parse(text, reviver)
}

/** The same, but undefined for invalid JSON: for callers whose schema refuses both alike. */
export function parseJsonOrUndefined(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Counts the structure of JSON without parsing it; `JSON.parse` then refuses what is invalid. */
function checkShape(text: string, maxValues: number): void {
  let depth = 0
  let values = 1
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case OPEN_BRACKET:
      case OPEN_BRACE:
        values += 1
        if (++depth > MAX_JSON_DEPTH)
          throw new JsonTooLarge(`it is nested more than ${MAX_JSON_DEPTH} levels deep`)
        break
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth -= 1
        break
      case COMMA:
        values += 1
    }
    if (values > maxValues) throw new JsonTooLarge(`it has more than ${maxValues} values`)
  }
}

/** The end of the string that begins here; the end of the text if it is not closed. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at += 1
    else if (code === QUOTE) break
  }
  return at
}

const code = (character: string) => character.charCodeAt(0)
const QUOTE = code('"')
const BACKSLASH = code('\\')
const COMMA = code(',')
const OPEN_BRACKET = code('[')
const CLOSE_BRACKET = code(']')
const OPEN_BRACE = code('{')
const CLOSE_BRACE = code('}')
