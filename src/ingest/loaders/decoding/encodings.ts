import iconv from 'iconv-lite'
import { KNOWLEDGE } from '../../../text/language.ts'

/** For each language with `legacyEncodings`, the one in which these bytes read best as that language, if any do. */
export const legacyEncodings = (bytes: Buffer): string[] =>
  Object.values(KNOWLEDGE).flatMap(({ documents: { legacyEncodings } }) => {
    if (legacyEncodings === undefined) return []
    let best: { encoding: string; score: number } | undefined
    for (const encoding of legacyEncodings.names) {
      const score = legacyEncodings.score(iconv.decode(bytes, encoding))
      if (score >= legacyEncodings.minScore && score > (best?.score ?? 0)) best = { encoding, score }
    }
    return best === undefined ? [] : [best.encoding]
  })

/**
 * Whether decoded text is plausible: hardly any control characters, and non-ASCII characters mostly in words or
 * typographic marks. Most single-byte encodings accept any bytes, so decoding alone proves nothing.
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
  const marks = text.match(/[«»“”„‘’‚–—…•©®™°§№€£±×àÀéÉ\u2500-\u259f]/gu)?.length ?? 0
  const pairs = text.match(/\p{Ll}\p{Lu}/gu) ?? []
  const capitalsInside = pairs.filter((pair) => /[^\x00-\x7f]/u.test(pair)).length
  return words + marks >= 0.7 * above && capitalsInside <= 0.2 * words
}
