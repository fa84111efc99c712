/** What goes to the scrollback, once and for good. */
import type { Answer, Citation } from '../domain/answer.ts'

export type ScreenEntry =
  | { readonly type: 'welcome'; readonly version: string; readonly holdings: readonly Holding[] | undefined }
  | { readonly type: 'question'; readonly text: string }
  /** A piece of an answer's Markdown. */
  | { readonly type: 'block'; readonly text: string; readonly gap: boolean }
  /** What follows an answer's text. */
  | { readonly type: 'outcome'; readonly answer: Answer }
  /** Where an earlier answer was taken from. */
  | { readonly type: 'cited'; readonly citations: readonly Citation[] }
  /** The quotations themselves. */
  | { readonly type: 'quoted'; readonly citations: readonly Citation[] }
  | { readonly type: 'notice'; readonly tone: Tone; readonly text: string }
  | { readonly type: 'list'; readonly title: string; readonly rows: readonly (readonly [string, string])[] }

export type Tone = 'info' | 'warning' | 'error'

/** A collection and how much it holds. */
export interface Holding {
  readonly name: string
  readonly documents: number
}

/** An entry in the scrollback, with its place. */
export type Printed = ScreenEntry & { readonly key: number }
