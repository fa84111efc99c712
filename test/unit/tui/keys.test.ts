import type { Key } from 'ink'
import { expect, test } from 'vitest'
import { actionOf, BINDINGS, strokes } from '../../../src/tui/keys.ts'

const NO_KEY: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
}
const press = (input: string, key: Partial<Key> = {}) => strokes(input, { ...NO_KEY, ...key })
const chord = (name: string) => [{ type: 'chord', chord: name }]
const text = (value: string) => [{ type: 'text', text: value }]

test('no key is bound twice', () => {
  const chords = BINDINGS.flatMap((binding) => binding.chords)
  expect(new Set(chords).size).toBe(chords.length)
})

test('modifiers are part of a chord; a capital letter is text', () => {
  expect(press('\r', { return: true })).toEqual(chord('enter'))
  expect(press('\r', { return: true, meta: true })).toEqual(chord('alt-enter'))
  expect(press('', { return: true, shift: true })).toEqual(chord('shift-enter'))
  expect(press('', { leftArrow: true, ctrl: true })).toEqual(chord('ctrl-left'))
  expect(press('A', { shift: true })).toEqual(text('A'))
  expect(actionOf('shift-enter')).toEqual({ type: 'edit', name: 'newline' })
})

test('Ctrl-C on a Russian keyboard is Ctrl-C', () => {
  expect(press('с', { ctrl: true })).toEqual(chord('ctrl-c'))
  expect(press('В', { ctrl: true })).toEqual(chord('ctrl-d'))
  expect(press('с')).toEqual(text('с'))
})

test('several keys in one read are told apart; a line of a paste is not sent', () => {
  expect(press('hi\r')).toEqual([...text('hi'), ...chord('enter')])
  expect(press('a\rb\r\nc\r')).toEqual([
    ...text('a'),
    ...chord('ctrl-j'),
    ...text('b'),
    ...chord('ctrl-j'),
    ...text('c'),
    ...chord('enter'),
  ])
  expect(press('x\u0015y')).toEqual([...text('x'), ...chord('ctrl-u'), ...text('y')])
  expect(press('', { escape: true, meta: true })).toEqual([...chord('escape'), ...chord('escape')])
})

test('the release of a key does nothing', () => {
  expect(press('a', { eventType: 'release' })).toEqual([])
})
