import { expect, test } from 'vitest'
import { parseSpan } from '../../commands/common/document.ts'
import { bytes, count, duration } from '../../commands/common/format.ts'
import { exitCodeOf, reportOf, summary } from '../../commands/common/ingest-report.ts'
import { plainLine } from '../../commands/common/progress.ts'
import { cut, table } from '../../commands/common/table.ts'
import type { FileResult } from '../../src/client/sync/ingest.ts'
import { displayUri } from '../../src/client/sync/uri.ts'
import { ChatbotError, ERRORS } from '../../src/domain/errors.ts'

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

test('numbers for people', () => {
  expect([0, 999, 1500, 35_600_000, 2.5e12].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.5 kB',
    '35.6 MB',
    '2.5 TB',
  ])
  expect([1234, 59_000, 185_000, 7_800_000].map(duration)).toEqual([
    '1.2 s',
    '59 s',
    '3 min 5 s',
    '2 h 10 min',
  ])
  expect([count(1, 'file'), count(1200, 'file'), count(2, 'miss', 'misses')]).toEqual([
    '1 file',
    '1,200 files',
    '2 misses',
  ])
})

test('a line of progress', () => {
  const progress = { done: 120, total: 500, noun: 'file', elapsedMs: 10_000 }
  expect(plainLine(progress)).toBe('120 of 500 files, 12 files/s, about 32 s left')
  const chunks = { done: 3400, total: 9100 }
  expect(plainLine({ ...progress, chunks, current: 'docs/a.md' })).toBe(
    '120 of 500 files, 3,400 of 9,100 chunks, 340 chunks/s, about 32 s left, docs/a.md',
  )
  expect(plainLine({ ...progress, chunks, waiting: 'no answer\u001b[2J' })).toBe(
    '120 of 500 files, 3,400 of 9,100 chunks, waiting: no answer',
  )
})

test('a span on the command line', () => {
  expect(parseSpan('10:25')).toEqual({ start: 10, end: 25 })
  for (const wrong of ['', '10', '10:', 'a:b', '5:4', '-1:2']) expect(parseSpan(wrong)).toBeUndefined()
})

test('a path is shown as its reader would type it', () => {
  expect(displayUri('/home/me/docs/a.md', '/home/me')).toBe('docs/a.md')
  expect(displayUri('/home/me/docs/a.md', '/home/me/other')).toBe('/home/me/docs/a.md')
  expect(displayUri('/home/me/..hidden/a.md', '/home/me')).toBe('..hidden/a.md')
  expect(displayUri('handbook/a.md', '/home/me')).toBe('handbook/a.md')
})

const indexed: FileResult = {
  path: '/a',
  uri: '/a',
  status: 'indexed',
  change: 'added',
  document: 'd',
  chunks: 3,
  warnings: [],
}
const unchanged: FileResult = { path: '/b', uri: '/b', status: 'unchanged' }
const bad: FileResult = { path: '/c', uri: '/c', status: 'failed', code: 'document_empty', reason: 'empty' }

test.each([
  [[indexed, unchanged], undefined, 0],
  [[unchanged], undefined, 0],
  [[indexed, bad], undefined, 8],
  [[bad], undefined, 1],
  [[indexed], new ChatbotError('cancelled', 'stop'), 130],
  [[indexed], new ChatbotError('daemon_unreachable', 'gone'), 5],
])('exit status of an ingest', (results, stopped, code) => {
  const report = reportOf('docs', [{ failed: [], skipped: [], results, stopped }], 1000)
  expect(exitCodeOf([report], stopped)).toBe(code)
})

const nothing = { results: [], failed: [], skipped: [], stopped: undefined }

test('the report of an ingest adds up', () => {
  const report = reportOf(
    'docs',
    [
      {
        failed: [{ path: '/d', code: 'not_found', reason: 'no' }],
        skipped: [{ path: '/e', reason: 'hidden' }],
        results: [indexed, unchanged, bad],
        stopped: undefined,
      },
      {
        ...nothing,
        results: [
          { uri: '/new', status: 'moved', from: '/old' },
          { uri: '/gone', status: 'removed' },
          { uri: '/stays', status: 'left' },
          { ...indexed, uri: '/f', change: 'changed' },
        ],
      },
    ],
    2500,
  )
  expect(report.totals).toEqual({
    files: 8,
    indexed: 2,
    added: 1,
    changed: 1,
    moved: 1,
    unchanged: 1,
    removed: 1,
    left: 1,
    staged: 0,
    failed: 2,
    skipped: 1,
    chunks: 6,
    seconds: 2.5,
  })
  expect(report.files.map(({ path, status }) => `${path} ${status}`)).toEqual([
    '/a indexed',
    '/b unchanged',
    '/c failed',
    '/d failed',
    '/new moved',
    '/gone removed',
    '/stays left',
    '/f indexed',
  ])
  expect(summary(report)).toBe(
    '2 files indexed (6 chunks; 1 added, 1 changed), 1 moved, 1 unchanged, 1 deleted, 2 failed in docs after 2.5 s; 1 skipped (--verbose lists them); 1 document left the source and stayed (--prune deletes them).',
  )
})

test('a file that several places hold is reported once, by what was done to it', () => {
  const again: FileResult = { path: '/a', uri: '/a', status: 'unchanged' }
  const report = reportOf(
    'docs',
    [
      { ...nothing, results: [indexed, unchanged] },
      { ...nothing, results: [again, { uri: '/b', status: 'left' }] },
    ],
    0,
  )
  expect(report.totals).toMatchObject({ files: 2, indexed: 1, unchanged: 1, left: 0 })
})

test('every exit status is one of those documented', () => {
  const documented = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130]
  for (const { exit } of Object.values(ERRORS)) expect(documented).toContain(exit)
})
