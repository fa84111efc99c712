/** The languages of answers, most common first. src/text/ has a folder for each. */
export const LANGUAGES = ['en', 'ru'] as const

export type Language = (typeof LANGUAGES)[number]
