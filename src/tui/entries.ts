/** Entries of the scrollback, which cannot be changed once printed. */
import type { Answer, Citation } from '../domain/answer.ts'

export type ScreenEntry =
  | { readonly type: 'welcome'; readonly version: string; readonly holdings: readonly Holding[] | undefined }
  | { readonly type: 'question'; readonly text: string }
  /** A piece of an answer's Markdown. */
  | { readonly type: 'block'; readonly text: string; readonly gap: boolean }
  /** The lines after an answer's text. */
  | { readonly type: 'outcome'; readonly answer: Answer }
  /** The sources of an earlier answer. */
  | { readonly type: 'cited'; readonly citations: readonly Citation[] }
  /** The quotations themselves. */
  | { readonly type: 'quoted'; readonly citations: readonly Citation[] }
  | { readonly type: 'notice'; readonly tone: Tone; readonly text: string }
  | { readonly type: 'list'; readonly title: string; readonly rows: readonly (readonly [string, string])[] }

export type Tone = 'info' | 'warning' | 'error'

/** A collection and its number of documents. */
export interface Holding {
  readonly name: string
  readonly documents: number
}

/** An entry in the scrollback, with its position. */
export type Printed = ScreenEntry & { readonly key: number }
