import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ExpandOptions, expandPaths } from '../../src/client/files.ts'
import { hashFile } from '../../src/client/hash.ts'

let dir: string

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'files-')))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
}

async function expand(inputs: readonly string[], options: Partial<ExpandOptions> = {}) {
  const found = await expandPaths(inputs, { cwd: dir, extensions: new Set(['.md', '.txt']), ...options })
  const short = (path: string) => (path.startsWith('/') ? relative(dir, path) : path)
  return {
    files: found.files.map(({ uri }) => short(uri)),
    failed: found.failed.map(({ path, code }) => `${short(path)} ${code}`),
    skipped: found.skipped.map(({ path, reason }) => `${short(path)} ${reason}`),
  }
}

test('a folder gives its supported files in a stable order and says what it skips', async () => {
  write({
    'b.md': '',
    'a.txt': '',
    'sub/Z.MD': '',
    'sub/a.md': '',
    'c.png': '',
    '.hidden.md': '',
    'node_modules/x.md': '',
  })
  expect(await expand(['.'])).toEqual({
    files: ['a.txt', 'b.md', 'sub/Z.MD', 'sub/a.md'],
    failed: [],
    skipped: ['.hidden.md hidden', 'c.png not a supported format'],
  })
})

test('the .gitignore of every level counts, and a deeper one overrules', async () => {
  write({
    '.gitignore': '*.log.md\n/build/\nnotes/*\n!notes/keep.md',
    'a.log.md': '',
    'build/a.md': '',
    'sub/build/kept.md': '',
    'notes/drop.md': '',
    'notes/keep.md': '',
    'sub/.gitignore': '!b.log.md\nsecret.md',
    'sub/b.log.md': '',
    'sub/secret.md': '',
    'sub/deep/secret.md': '',
  })
  expect((await expand(['.'])).files).toEqual(['notes/keep.md', 'sub/b.log.md', 'sub/build/kept.md'])
})

test('rules above the named folder hold inside its repository only', async () => {
  write({
    '.gitignore': 'draft.md',
    'repo/.git/HEAD': '',
    'repo/.gitignore': 'old.md',
    'repo/docs/draft.md': '',
    'repo/docs/old.md': '',
  })
  const { files, skipped } = await expand(['repo/docs'])
  expect(files).toEqual(['repo/docs/draft.md'])
  expect(skipped).toEqual(['repo/docs/old.md ignored by .gitignore'])
})

test('what is named is taken, ignored or not', async () => {
  write({
    '.git/HEAD': '',
    '.gitignore': 'out/\nx.md',
    'out/a.md': '',
    'x.md': '',
    '.env': '',
    'data.bin': '',
  })
  const { files } = await expand(['out', 'x.md', '.env', 'data.bin'])
  expect(files).toEqual(['out/a.md', 'x.md', '.env', 'data.bin'])
})

test('a glob takes what fits and is not ignored', async () => {
  write({ '.gitignore': 'b.md', 'docs/b.md': '', 'docs/a.md': '', 'docs/sub/c.md': '', 'docs/d.txt': '' })
  expect((await expand(['docs/**/*.md'])).files).toEqual(['docs/a.md', 'docs/b.md', 'docs/sub/c.md'])
  write({ '.git/HEAD': '' })
  expect((await expand(['docs/**/*.md'])).files).toEqual(['docs/a.md', 'docs/sub/c.md'])
  expect((await expand(['nothing/*.md'])).failed).toEqual(['nothing/*.md not_found'])
})

test('a name with brackets that exists is no glob', async () => {
  write({ '[draft].md': '' })
  expect((await expand(['[draft].md'])).files).toEqual(['[draft].md'])
})

test('the same file by several routes is one file', async () => {
  write({ 'docs/a.md': '' })
  symlinkSync(join(dir, 'docs'), join(dir, 'link'))
  symlinkSync(join(dir, 'docs/a.md'), join(dir, 'alias.md'))
  expect((await expand(['docs', 'docs/a.md', './docs/../docs', '*.md', '.'])).files).toEqual(['docs/a.md'])
  expect((await expand(['.'], { cwd: join(dir, 'docs') })).files).toEqual(['docs/a.md'])
})

test('links in a circle end', async () => {
  write({ 'a/x.md': '' })
  symlinkSync(dir, join(dir, 'a/up'))
  symlinkSync(join(dir, 'self'), join(dir, 'self'))
  const { files, failed } = await expand(['.'])
  expect(files).toEqual(['a/x.md'])
  expect(failed).toEqual(['self document_unreadable'])
})

test('what cannot be read is a failure of its own', async ({ skip }) => {
  write({ 'good.md': '', 'locked/a.md': '' })
  chmodSync(join(dir, 'locked'), 0)
  const { files, failed } = await expand(['.', 'missing.md'])
  chmodSync(join(dir, 'locked'), 0o755)
  expect(failed).toContain('missing.md not_found')
  skip(process.getuid?.() === 0, 'root can read everything')
  expect(files).toEqual(['good.md'])
  expect(failed).toContain('locked document_unreadable')
})

test('with a root, documents are named by their path below it', async () => {
  write({ 'docs/a.md': '', 'b.md': '' })
  const { files, failed } = await expand(['docs', 'b.md'], { root: 'docs' })
  expect(files).toEqual(['a.md'])
  expect(failed).toEqual(['b.md bad_request'])
  await expect(expand(['docs'], { root: 'nowhere' })).rejects.toMatchObject({ code: 'bad_request' })
})

test('a hash is that of the bytes', async () => {
  write({ 'a.md': 'hello' })
  expect(await hashFile(join(dir, 'a.md'))).toEqual({
    hash: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    bytes: 5,
  })
  await expect(hashFile(join(dir, 'none'))).rejects.toMatchObject({ code: 'not_found' })
})
