/** XQuAD as it lies in the repository: a paragraph a Markdown file in examples/xquad, questions in test/data/xquad. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Language } from '../src/domain/language.ts'

export interface Paragraph {
  /** Below examples/xquad/LANGUAGE: `warsaw/1.md`. */
  readonly file: string
  readonly title: string
  /** Without the heading that stands above it in the file. */
  readonly text: string
}

export interface Question {
  readonly text: string
  /** Each is an exact part of the paragraph. */
  readonly answers: readonly string[]
  /** Its paragraph's file. */
  readonly document: string
}

export interface Xquad {
  readonly paragraphs: readonly Paragraph[]
  /** The n-th question of both languages is the same. */
  readonly questions: readonly Question[]
}

const examples = (language: Language) => new URL(`../examples/xquad/${language}/`, import.meta.url)

const ARTICLES = readdirSync(examples('en')).toSorted()

export const articleOf = (file: string): string => file.slice(0, file.indexOf('/'))

/** What was learnt in models/calibration.ts was learnt on every other article, from the first in the alphabet. */
export const isCalibration = (file: string): boolean => ARTICLES.indexOf(articleOf(file)) % 2 === 0

export function loadXquad(language: Language): Xquad {
  const folder = examples(language)
  const paragraphs = ARTICLES.flatMap((article) =>
    readdirSync(new URL(`${article}/`, folder)).map((name) => {
      const file = `${article}/${name}`
      const [heading = '', text = ''] = readFileSync(new URL(file, folder), 'utf8')
        .trimEnd()
        .split(/\n\n(.*)/su)
      return { file, title: heading.replace(/^# /, ''), text }
    }),
  )
  const lines = readFileSync(new URL(`../test/data/xquad/queries.${language}.jsonl`, import.meta.url), 'utf8')
  return { paragraphs, questions: lines.trimEnd().split('\n').map(parseQuestion) }
}

function parseQuestion(line: string): Question {
  return JSON.parse(line)
}
