import { expect, test } from 'vitest'
import { ago, atLeast, bytes, count, duration } from '../../../src/text/amounts.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.6, '1 kB'],
  [1000, '1 kB'],
  [1500, '1.5 kB'],
  [999_400, '999 kB'],
  [999_600, '1 MB'],
  [35_600_000, '35.6 MB'],
  [999_600_000, '1 GB'],
  [2.5e12, '2.5 TB'],
])('%d bytes are %s', (number, text) => {
  expect(bytes(number)).toBe(text)
})

test.each([
  [0, '0ms'],
  [0.04, '0ms'],
  [2.54, '2.5ms'],
  [9.96, '10ms'],
  [999.4, '999ms'],
  [999.6, '1s'],
  [1234, '1.2s'],
  [9960, '10s'],
  [59_400, '59s'],
  [59_600, '1m'],
  [119_600, '2m'],
  [185_000, '3m 5s'],
  [3_599_400, '59m 59s'],
  [3_599_900, '1h'],
  [7_800_000, '2h 10m'],
  [86_399_000, '1d'],
  [93_600_000, '1d 2h'],
])('%d milliseconds are %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test('who waits as long as told does not come too early', () => {
  expect([1, 1001, 119_001, 119_999, 120_001, 7_800_001].map(atLeast)).toEqual([
    '1s',
    '2s',
    '2m',
    '2m',
    '3m',
    '2h 11m',
  ])
})

test('how long ago something was', () => {
  expect([-500, 59_999, 60_000, 3_599_999, 7_800_000, 172_800_000].map(ago)).toEqual([
    'just now',
    'just now',
    '1m ago',
    '59m ago',
    '2h ago',
    '2d ago',
  ])
})

test('things are counted', () => {
  expect([count(1, 'file'), count(1200, 'file'), count(2, 'miss', 'misses')]).toEqual([
    '1 file',
    '1,200 files',
    '2 misses',
  ])
})
