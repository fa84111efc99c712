import { ofAll } from './all-languages.ts'

/** Folds words for comparison everywhere: compatibility forms, case, variant letters (ё, е) and accents (é, e). */
export const foldCase = (text: string): string =>
  withoutAccents(foldLetters(text.normalize('NFKC').toLowerCase()))

/** Of Latin letters alone: й is another letter than и. */
const withoutAccents = (text: string): string =>
  ACCENTED.test(text) ? text.normalize('NFD').replace(LATIN_MARKS, '').normalize('NFC') : text

const ACCENTED = /[\u00c0-\u024f\u1e00-\u1eff]|\p{M}/u
const LATIN_MARKS = /(?<=\p{Script=Latin})\p{M}+/gu

/** Also folds invisible characters, kinds of apostrophes and runs of white space, but keeps case. */
export const fold = (text: string): string =>
  foldLetters(
    text
      .normalize('NFKC')
      .replace(/(?:\p{Cf}|\p{Cc}|\u034f|\u115f|\u1160|\u3164)+/gu, (run) => (/\s/u.test(run) ? ' ' : ''))
      .replace(/[’‘ʼ`´]/gu, "'"),
  )
    .replace(/\s+/gu, ' ')
    .trim()

const VARIANTS = new Map(ofAll(({ letterVariants }) => letterVariants))
const VARIANT = new RegExp(`[${[...VARIANTS.keys()].join('')}]`, 'gu')

/** Folds variant letters (ё, е) alone. */
export const foldLetters = (text: string): string =>
  text.replace(VARIANT, (letter) => VARIANTS.get(letter) ?? letter)

/** The forms of a letter that folding makes equal: both cases, and variants. Only itself for other characters. */
export function letterForms(letter: string): readonly string[] {
  const folded = foldLetters(letter.toLowerCase())
  const variants = Array.from(VARIANTS).flatMap(([variant, base]) => (base === folded ? [variant] : []))
  const forms = [folded, ...variants].flatMap((form) => [form, form.toUpperCase()])
  return [...new Set([letter, ...forms])].filter((form) => /^\p{L}$/u.test(form))
}
