/** All keys of the chat in one table, used by the prompt and printed by `/help`. */

import type { Key } from 'ink'
import { ofAll } from '../text/all-languages.ts'
import type { EditName } from './editor.ts'

export type KeyAction =
  | { readonly type: 'edit'; readonly name: EditName }
  | { readonly type: 'submit' | 'complete' | 'up' | 'down' | 'interrupt' | 'escape' | 'end' }

/** A key press, or text to insert. */
export type Stroke =
  | { readonly type: 'chord'; readonly chord: string }
  | { readonly type: 'text'; readonly text: string }

interface Binding {
  readonly chords: readonly string[]
  readonly action: KeyAction
  /** For /help; synonyms and obvious keys have none. */
  readonly help?: readonly [keys: string, does: string]
}

const edits = (name: EditName, chords: readonly string[], help?: readonly [string, string]): Binding => ({
  chords,
  action: { type: 'edit', name },
  help,
})

export const BINDINGS: readonly Binding[] = [
  { chords: ['enter'], action: { type: 'submit' }, help: ['Enter', 'send'] },
  edits(
    'newline',
    ['shift-enter', 'alt-enter', 'ctrl-enter', 'ctrl-j'],
    ['Alt-Enter, Ctrl-J, \\ Enter', 'new line (Shift-Enter if the terminal supports it)'],
  ),
  { chords: ['escape'], action: { type: 'escape' }, help: ['Esc', 'cancel the answer; again: quit'] },
  {
    chords: ['ctrl-c'],
    action: { type: 'interrupt' },
    help: ['Ctrl-C', 'cancel the answer or clear the input; again: quit'],
  },
  { chords: ['ctrl-d'], action: { type: 'end' }, help: ['Ctrl-D', 'quit, if the input is empty'] },
  { chords: ['up', 'ctrl-p'], action: { type: 'up' }, help: ['Up, Down', 'earlier questions'] },
  { chords: ['down', 'ctrl-n'], action: { type: 'down' } },
  { chords: ['tab'], action: { type: 'complete' }, help: ['Tab', 'complete a command'] },
  edits('line-start', ['home', 'ctrl-a'], ['Ctrl-A, Ctrl-E', 'start, end of the line (Home, End)']),
  edits('line-end', ['end', 'ctrl-e']),
  edits('word-left', ['alt-left', 'ctrl-left', 'alt-b'], ['Alt-B, Alt-F', 'a word left, right']),
  edits('word-right', ['alt-right', 'ctrl-right', 'alt-f']),
  edits('kill-to-start', ['ctrl-u'], ['Ctrl-U, Ctrl-K, Ctrl-W', 'delete to the start, to the end, a word']),
  edits('kill-to-end', ['ctrl-k']),
  edits('kill-word', ['ctrl-w', 'alt-backspace', 'ctrl-backspace']),
  edits('kill-word-right', ['alt-d', 'alt-delete', 'ctrl-delete']),
  edits('backspace', ['backspace', 'shift-backspace', 'ctrl-h']),
  edits('delete', ['delete']),
  edits('left', ['left', 'ctrl-b']),
  edits('right', ['right', 'ctrl-f']),
]

const actions: ReadonlyMap<string, KeyAction> = new Map(
  BINDINGS.flatMap(({ chords, action }) => chords.map((chord) => [chord, action])),
)

export const actionOf = (chord: string): KeyAction | undefined => actions.get(chord)

/** Converts Ink's event to strokes, in order: one event may carry several keys that came in one read. */
export function strokes(input: string, key: Key): Stroke[] {
  if (key.eventType === 'release') return []
  const named = NAMED.find(([field]) => key[field])
  if (named !== undefined) {
    const chord = withModifiers(named[1], key)
    // Two presses of Escape in one read look like Alt-Escape.
    if (chord === 'alt-escape')
      return [
        { type: 'chord', chord: 'escape' },
        { type: 'chord', chord: 'escape' },
      ]
    return [{ type: 'chord', chord }]
  }
  if (key.ctrl || key.meta)
    return input === '' ? [] : [{ type: 'chord', chord: withModifiers(latin(input), key) }]
  return split(input)
}

const NAMED = [
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['home', 'home'],
  ['end', 'end'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
] as const satisfies readonly (readonly [keyof Key, string])[]

const withModifiers = (name: string, key: Key): string =>
  `${key.ctrl ? 'ctrl-' : ''}${key.meta ? 'alt-' : ''}${key.shift && name.length > 1 ? 'shift-' : ''}${name}`

const LATIN_KEYS = new Map(ofAll(({ keyboard }) => keyboard))

/** With the kitty protocol, a terminal reports Ctrl-C on a Russian keyboard by its Cyrillic letter. */
function latin(letter: string): string {
  const lower = letter.toLowerCase()
  return LATIN_KEYS.get(lower) ?? lower
}

/**
 * Keys typed fast, or by a program, come in one read. A carriage return in the middle is a line break of a paste from a
 * terminal without bracketed paste; only one at the end sends.
 */
function split(input: string): Stroke[] {
  const found: Stroke[] = []
  const pieces = input.replace(/\r\n?(?=[\s\S])/g, '\n').split(/([\u0000-\u001f\u007f])/)
  for (const piece of pieces) {
    if (piece === '') continue
    if (!/^[\u0000-\u001f\u007f]$/.test(piece)) found.push({ type: 'text', text: piece })
    else if (piece === '\r') found.push({ type: 'chord', chord: 'enter' })
    else if (piece === '\t') found.push({ type: 'chord', chord: 'tab' })
    else if (piece === '\u001b') found.push({ type: 'chord', chord: 'escape' })
    else if (piece === '\u007f') found.push({ type: 'chord', chord: 'backspace' })
    else found.push({ type: 'chord', chord: `ctrl-${String.fromCharCode(piece.charCodeAt(0) + 96)}` })
  }
  return found
}
