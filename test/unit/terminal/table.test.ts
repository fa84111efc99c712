import { expect, test } from 'vitest'
import { cut, table } from '../../../src/terminal/table.ts'

const plain = (text: string) => text.replace(/\x1b\[\d+m/g, '')

test('columns stand under each other whatever the script', () => {
  const text = plain(
    table(
      [{ title: 'Name' }, { title: 'Chunks', right: true }, { title: 'Rest' }],
      [
        ['Документация', '7', 'a'],
        ['日本語', '12345', 'b\nc\x1b[31m'],
        ['é', '', 'd'],
      ],
      200,
    ),
  )
  expect(text.split('\n')).toEqual([
    'Name          Chunks  Rest',
    'Документация       7  a',
    '日本語         12345  b c',
    'é                     d',
  ])
})

test('text is cut at the width of the terminal, never inside a character', () => {
  expect(cut('привет мир', 7)).toBe('привет…')
  expect(cut('日本語', 4)).toBe('日…')
  expect(cut('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…')
  expect(cut('short', 5)).toBe('short')
})
