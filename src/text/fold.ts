import { ofAll } from './all-languages.ts'

/** How words are compared everywhere: compatibility forms, case and letters with variants (ё, е) make no difference. */
export const foldCase = (text: string): string => foldLetters(text.normalize('NFKC').toLowerCase())

/** Invisible characters, kinds of apostrophes and runs of white space make no difference either, but case does. */
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

const foldLetters = (text: string): string =>
  text.replace(VARIANT, (letter) => VARIANTS.get(letter) ?? letter)
