import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rememberingHash } from '../../../../src/client/files/stat-cache.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stat-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(dir, { recursive: true, force: true })
})

/** As if the files had been written long ago. */
function later(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
}

test('a file that is as it was gives what it gave, and one that is gone nothing', async () => {
  const path = join(dir, 'a')
  writeFileSync(path, 'one')
  later()
  const hash = rememberingHash()
  const first = await hash(path)
  expect(await hash(path)).toEqual(first)
  rmSync(path)
  await expect(hash(path)).rejects.toMatchObject({ code: 'not_found' })
})

test('other content of the same size and time of writing is seen', async () => {
  const path = join(dir, 'a')
  writeFileSync(path, 'one')
  later()
  const hash = rememberingHash()
  const first = await hash(path)
  const { atime, mtime } = statSync(path)
  writeFileSync(path, 'two')
  utimesSync(path, atime, mtime)
  expect((await hash(path)).hash).not.toBe(first.hash)
})

test('another file in its place is seen', async () => {
  const path = join(dir, 'a')
  writeFileSync(path, 'one')
  writeFileSync(join(dir, 'b'), 'two')
  later()
  const hash = rememberingHash()
  const first = await hash(path)
  renameSync(join(dir, 'b'), path)
  expect((await hash(path)).hash).not.toBe(first.hash)
})
