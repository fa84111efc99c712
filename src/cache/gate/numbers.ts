import { anyOf } from '../../text/all-languages.ts'
import type { Lexicon } from '../../text/lexicon.ts'

interface Part {
  readonly key: string
  readonly kind: 'number' | 'unit'
}

/** A number in comparable form, with the unit attached to it: `1,000` is `1000`, `25km` is 25 kilometres. */
export function numberOf(token: string, lexicon: Lexicon): readonly Part[] | undefined {
  const word = lexicon.numerals.get(token)
  if (word !== undefined) return [{ key: word, kind: 'number' }]
  const match = /^(\p{N}[\p{N}.,:/-]*)(\p{L}*)$/u.exec(token)
  if (match === null) {
    const unit = lexicon.units.get(token)
    return unit === undefined ? undefined : [{ key: unit, kind: 'unit' }]
  }
  const [, digits = '', suffix = ''] = match
  const value = /^\p{N}{1,3}(?:,\p{N}{3})+$/u.test(digits) ? digits.replaceAll(',', '') : digits
  if (suffix === '') return [{ key: value, kind: 'number' }]
  if (lexicon.ordinalSuffixes.has(suffix)) return [{ key: `${value}.`, kind: 'number' }]
  const unit = lexicon.units.get(suffix)
  if (unit === undefined) return [{ key: value + suffix, kind: 'number' }]
  return [
    { key: value, kind: 'number' },
    { key: unit, kind: 'unit' },
  ]
}

const CURRENCY_FIRST = new RegExp(
  `([$€£₽₹])\\s?(\\p{N}[\\p{N}.,]*)(\\s?${anyOf(({ lexicon }) => lexicon.scales)}(?!\\p{L}))?`,
  'gu',
)

/** Rewrites `$2 million` to `2 million $`. */
export const currencyLast = (text: string): string =>
  text.replace(CURRENCY_FIRST, (_, sign: string, amount: string, scale = '') => `${amount}${scale} ${sign}`)
