import iconv from 'iconv-lite'

/** Where Russian text may lie, the likelier first; chardet knows neither cp866 nor short texts well. */
const RUSSIAN = ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5', 'maccyrillic']
/** Nine of ten letters of Russian text, lower case. */
const FREQUENT = new Set('оеаинтсрвлкмдпуяыьгзбчйх')
const LEAST_SCORE = 0.8
/** A few bytes look like letters in some encoding or other. */
const LEAST_LETTERS = 4

/** The single-byte encoding in which these bytes read as Russian, if there is one. */
export function russianEncoding(bytes: Buffer): string | undefined {
  let best: { encoding: string; score: number } | undefined
  for (const encoding of RUSSIAN) {
    const score = russianScore(iconv.decode(bytes, encoding))
    if (score > (best?.score ?? LEAST_SCORE)) best = { encoding, score }
  }
  return best?.encoding
}

/** Share of the characters above ASCII that are as in Russian: frequent small letters, capitals that begin a word. */
function russianScore(text: string): number {
  let all = 0
  let right = 0
  let before = ' '
  for (const character of text) {
    if (character > '\x7f') {
      all++
      // `Größe` in a Cyrillic encoding has Cyrillic letters inside Latin words.
      if (/[a-zA-Z]/.test(before)) right -= 1
      else if (FREQUENT.has(character)) right++
      else if (!/\p{L}/u.test(before) && /[А-ЯЁ«—–„№…]/u.test(character)) right++
      else if (/[а-яё»”“’]/u.test(character)) right += 0.5
    } else if (/[а-яё]/u.test(before) && /[a-zA-Z]/.test(character)) right -= 1
    before = character
  }
  return all < LEAST_LETTERS ? 0 : right / all
}

/**
 * Whether decoded text can be meant: hardly any control characters, and characters above ASCII stand in words
 * or are typographic marks. Any bytes at all are valid in most single-byte encodings.
 */
export function soundsLikeText(text: string): boolean {
  const controls = text.match(/[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]/gu)?.length ?? 0
  if (controls > 0.002 * text.length) return false
  const above = text.match(/[^\x00-\x7f]/gu)?.length ?? 0
  const words =
    text
      .match(/\p{L}{2,}/gu)
      ?.join('')
      .match(/[^\x00-\x7f]/gu)?.length ?? 0
  const marks = text.match(/[«»“”„‘’‚–—…•©®™°§№€£±×àÀéÉ]/gu)?.length ?? 0
  const pairs = text.match(/\p{Ll}\p{Lu}/gu) ?? []
  const capitalsInside = pairs.filter((pair) => /[^\x00-\x7f]/u.test(pair)).length
  return words + marks >= 0.7 * above && capitalsInside <= 0.2 * words
}
