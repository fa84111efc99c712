import { expect, test } from 'vitest'
import { planSync } from '../../../../src/client/sync/sync.ts'

const file = (uri: string, hash: string) => ({ path: uri, uri, hash, bytes: 1 })

/** The plan for files and documents given as `uri: hash`. */
function plan(
  files: Readonly<Record<string, string>>,
  held: Readonly<Record<string, string>>,
  { complete = true, unreadable = [] as string[], current = true } = {},
) {
  const { unchanged, uploads, moves, left } = planSync({
    files: Object.entries(files).map(([uri, hash]) => file(uri, hash)),
    unreadable: unreadable.map((uri) => ({ uri })),
    complete,
    held: new Map(Object.entries(held).map(([uri, hash]) => [uri, { hash, current }])),
  })
  return {
    unchanged: unchanged.map(({ uri }) => uri),
    uploads: uploads.map(({ uri }) => uri),
    moves: moves.map(({ move }) => `${move.from} → ${move.to}`),
    left,
  }
}

test('same, changed, new and gone', () => {
  expect(plan({ 'a.md': '1', 'b.md': '3', 'c.md': '4' }, { 'a.md': '1', 'b.md': '2', 'd.md': '5' })).toEqual({
    unchanged: ['a.md'],
    uploads: ['b.md', 'c.md'],
    moves: [],
    left: ['d.md'],
  })
})

test('a new file with the content of one that is gone was renamed', () => {
  expect(plan({ 'new/a.md': '1', 'x.MD': '2' }, { 'a.md': '1', 'x.md': '2' })).toEqual({
    unchanged: [],
    uploads: [],
    moves: ['a.md → new/a.md', 'x.md → x.MD'],
    left: [],
  })
})

test('a copy is no rename, nor is what would be read as another format', () => {
  expect(plan({ 'a.md': '1', 'copy.md': '1' }, { 'a.md': '1' })).toMatchObject({
    uploads: ['copy.md'],
    moves: [],
  })
  expect(plan({ 'a.txt': '1' }, { 'a.md': '1' })).toMatchObject({ uploads: ['a.txt'], left: ['a.md'] })
})

test('equal files move one by one', () => {
  expect(plan({ 'x.md': '1', 'y.md': '1', 'z.md': '1' }, { 'a.md': '1', 'b.md': '1' })).toEqual({
    unchanged: [],
    uploads: ['z.md'],
    moves: ['a.md → x.md', 'b.md → y.md'],
    left: [],
  })
})

test('two files that changed places are two changes', () => {
  expect(plan({ 'a.md': '2', 'b.md': '1' }, { 'a.md': '1', 'b.md': '2' })).toMatchObject({
    uploads: ['a.md', 'b.md'],
    left: [],
  })
})

test('where the source was not read whole, nothing is gone and nothing moved', () => {
  expect(plan({ 'b.md': '1' }, { 'a.md': '1' }, { complete: false })).toEqual({
    unchanged: [],
    uploads: ['b.md'],
    moves: [],
    left: [],
  })
})

test('a file that cannot be read is not gone', () => {
  expect(plan({}, { 'a.md': '1' }, { unreadable: ['a.md'] })).toMatchObject({ left: [], uploads: [] })
})

test('what the index does not serve is given again, and not renamed', () => {
  expect(plan({ 'a.md': '1', 'b.md': '2' }, { 'a.md': '1', 'c.md': '2' }, { current: false })).toEqual({
    unchanged: [],
    uploads: ['a.md', 'b.md'],
    moves: [],
    left: ['c.md'],
  })
})
