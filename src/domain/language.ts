/** The languages that are answered in, the most common first. What is known of each: src/text/. */
export const LANGUAGES = ['en', 'ru'] as const

export type Language = (typeof LANGUAGES)[number]
