const HIGH_SURROGATE = /[\uD800-\uDBFF]/

/** Where the first `characters` UTF-16 code units of a text end, one earlier inside a surrogate pair. */
export function beginningEnd(text: string, characters: number): number {
  const end = Math.min(characters, text.length)
  return HIGH_SURROGATE.test(text.charAt(end - 1)) ? end - 1 : end
}

export const beginningOf = (text: string, characters: number): string =>
  text.slice(0, beginningEnd(text, characters))
