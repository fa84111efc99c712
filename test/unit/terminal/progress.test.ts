import { expect, test } from 'vitest'
import { plainLine } from '../../../src/terminal/progress.ts'
import { transferLine } from '../../../src/terminal/transfer.ts'

test('a line of progress', () => {
  const progress = { done: 120, total: 500, noun: 'file', elapsedMs: 10_000 }
  expect(plainLine(progress)).toBe('120 of 500 files, 12 files/s, about 32s left')
  const chunks = { done: 3400, total: 9100 }
  expect(plainLine({ ...progress, chunks, current: 'docs/a.md' })).toBe(
    '120 of 500 files, 3,400 of 9,100 chunks, 340 chunks/s, about 32s left, docs/a.md',
  )
  expect(plainLine({ ...progress, chunks, waiting: 'no answer\u001b[2J' })).toBe(
    '120 of 500 files, 3,400 of 9,100 chunks, waiting: no answer',
  )
})

test('a line of a transfer', () => {
  const transfer = { done: 0, total: 118_000_000, moved: 0, elapsedMs: 500 }
  expect(transferLine(transfer)).toBe('0 B of 118 MB')
  expect(transferLine({ ...transfer, done: 999_600, moved: 999_600, elapsedMs: 1000 })).toBe(
    '1 MB of 118 MB, 1 MB/s, about 1m 57s left',
  )
  expect(transferLine({ ...transfer, done: 118_000_000, moved: 59_000_000, elapsedMs: 10_000 })).toBe(
    '118 MB of 118 MB, 5.9 MB/s',
  )
})
