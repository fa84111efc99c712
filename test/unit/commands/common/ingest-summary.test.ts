import { expect, test } from 'vitest'
import { exitCodeOf, summary } from '../../../../commands/common/ingest-summary.ts'
import type { FileResult } from '../../../../src/client/sync/ingest.ts'
import { syncReportOf } from '../../../../src/client/sync/report.ts'
import { ChatbotError, ERRORS } from '../../../../src/domain/errors.ts'

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
  const report = syncReportOf('docs', [{ failed: [], skipped: [], results, stopped }], 1000)
  expect(exitCodeOf([report], stopped)).toBe(code)
})

const nothing = { results: [], failed: [], skipped: [], stopped: undefined }

test('the report of an ingest adds up', () => {
  const report = syncReportOf(
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
    '2 files indexed (6 chunks; 1 added, 1 changed), 1 moved, 1 unchanged, 1 deleted, 2 failed in docs after 2.5s; 1 skipped (--verbose lists them); 1 document left the source and stayed (--prune deletes them).',
  )
})

test('a file that several places hold is reported once, by what was done to it', () => {
  const again: FileResult = { path: '/a', uri: '/a', status: 'unchanged' }
  const report = syncReportOf(
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
