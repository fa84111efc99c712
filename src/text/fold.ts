import { ofAll } from './all-languages.ts'

/** Folds words for comparison everywhere: compatibility forms, case and variant letters (ё, е). */
export const foldCase = (text: string): string => foldLetters(text.normalize('NFKC').toLowerCase())

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
