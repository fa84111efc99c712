import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BlockStart, splitBlocks, TEXT_START } from '../../../src/terminal/markdown/blocks.ts'
import { append, finish, restart, startRunning, unfinished } from '../../../src/tui/running.ts'

const texts = (text: string) => splitBlocks(text).map(({ start, end }) => text.slice(start, end))

test('paragraphs, headings, fences and items are blocks of their own', () => {
  const text = [
    '# Title',
    'A paragraph',
    'of two lines.',
    '',
    '- one',
    '  more of one',
    '- two',
    '',
    '  still two',
    '```js',
    'a',
    '',
    '# no heading',
    '```',
    'after',
    '> quote',
  ].join('\n')
  expect(texts(text)).toEqual([
    '# Title',
    'A paragraph\nof two lines.',
    '- one\n  more of one',
    '- two\n\n  still two',
    '```js\na\n\n# no heading\n```',
    'after\n> quote',
  ])
})

test('items of a tight list have no empty line between them', () => {
  expect(splitBlocks('a\n\n- b\n- c\n\n- d').map(({ gap }) => gap)).toEqual([true, true, false, true])
})

const line = fc.constantFrom(
  'text',
  'ещё текст',
  '',
  '',
  '- item',
  '  indented',
  '1. first',
  '# head',
  '```',
  '~~~~',
  '> quote',
  '| a | b |',
  '|---|---|',
  '    code',
  '---',
)
const markdown = fc.array(line, { maxLength: 25 }).map((lines) => lines.join('\n'))

test('blocks lose nothing but blank lines, and never overlap', () => {
  fc.assert(
    fc.property(markdown, (text) => {
      let end = 0
      for (const block of splitBlocks(text)) {
        expect(text.slice(end, block.start).trim()).toBe('')
        end = block.end
      }
      expect(text.slice(end).trim()).toBe('')
    }),
  )
})

test('what a growing text has settled stays settled: going on from the last block gives the same', () => {
  fc.assert(
    fc.property(markdown, fc.array(fc.nat(8), { maxLength: 60 }), (text, sizes) => {
      let from: BlockStart = TEXT_START
      const settled: unknown[] = []
      let length = 0
      for (const size of sizes) {
        length = Math.min(text.length, length + size)
        const complete = text.slice(0, text.slice(0, length).lastIndexOf('\n') + 1)
        const blocks = splitBlocks(complete, from)
        for (const block of blocks.slice(0, -1)) settled.push(block)
        from = blocks.at(-1) ?? from
      }
      expect([...settled, ...splitBlocks(text, from)]).toEqual(splitBlocks(text))
    }),
  )
})

test('streamed in any pieces through any screen, the scrollback gets every block once', () => {
  const viewport = fc.record({
    columns: fc.integer({ min: 5, max: 80 }),
    rows: fc.integer({ min: 2, max: 30 }),
  })
  fc.assert(
    fc.property(markdown, fc.array(fc.integer({ min: 1, max: 9 })), viewport, (text, sizes, screen) => {
      let running = startRunning('?', 0)
      const entries: unknown[] = []
      let sent = 0
      for (const size of [...sizes, text.length]) {
        const step = append(running, text.slice(sent, sent + size), screen)
        sent = Math.min(text.length, sent + size)
        running = step.running
        entries.push(...step.printed)
      }
      expect(running.text).toBe(text)
      const whole = splitBlocks(text).map(({ start, end, gap }) => ({
        type: 'block',
        text: text.slice(start, end),
        gap,
      }))
      expect([...entries, ...unfinished(running)]).toEqual(whole)
    }),
  )
})

test('a restart within what is still live is silent, one before it is told', () => {
  const screen = { columns: 20, rows: 2 }
  const { running } = append(startRunning('?', 0), 'one\n\ntwo\n\nthree\n\nfour\n\nfive\n\nsix\n', screen)
  expect(running.shown.start).toBeGreaterThan(0)
  expect(restart(running, running.text.length - 1).printed).toEqual([])
  const again = restart(running, 1)
  expect(again.printed).toHaveLength(1)
  expect(unfinished(again.running)).toEqual([{ type: 'block', text: 'o', gap: true }])
})

test('a stored text that differs from what was shown replaces it, and says so', () => {
  const { running } = append(startRunning('?', 0), 'one\n\ntwo\n\nthree\n\nfour\n\nfive\n\nsix\n', {
    columns: 20,
    rows: 2,
  })
  const answer = {
    id: 'a',
    conversation: 'c',
    question: '?',
    text: 'other',
    certainty: 'answered',
    citations: [],
    cached: false,
    generator: 'g',
    language: 'en',
    timings: {},
    warnings: [],
  } as const
  expect(finish(running, answer)).toMatchObject([
    { type: 'notice', tone: 'warning' },
    { type: 'block', text: 'other' },
    { type: 'outcome' },
  ])
})
