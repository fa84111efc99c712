import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type ExpandOptions,
  type Expansion,
  expandFiles,
  expandSource,
} from '../../../../src/client/files/expand.ts'
import { hashFile } from '../../../../src/client/files/hash.ts'
import { inputsOf } from '../../../../src/client/files/inputs.ts'

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

interface Named extends Partial<ExpandOptions> {
  readonly cwd?: string
  readonly tracked?: boolean
}

/** Every place that the inputs name, read as one. */
async function expand(inputs: readonly string[], { cwd = dir, tracked = false, ...given }: Named = {}) {
  const options = { extensions: new Set(['.md', '.txt']), ...given }
  const { sources, files } = inputsOf(inputs, { cwd, tracked })
  const found: Expansion[] = []
  for (const { kind, location } of sources) {
    if (kind !== 'url') found.push(await expandSource(kind, location, options))
  }
  found.push(await expandFiles(files, options))
  const short = (path: string) => (path.startsWith('/') ? relative(dir, path) : path)
  return {
    files: [...new Set(found.flatMap((each) => each.files.map(({ uri }) => short(uri))))],
    failed: found.flatMap((each) => each.failed.map(({ path, code }) => `${short(path)} ${code}`)),
    skipped: found.flatMap((each) => each.skipped.map(({ path, reason }) => `${short(path)} ${reason}`)),
    complete: found.every(({ complete }) => complete),
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
  expect(await expand(['.'])).toMatchObject({
    files: ['a.txt', 'b.md', 'sub/Z.MD', 'sub/a.md'],
    failed: [],
    skipped: ['.hidden.md hidden', 'c.png not a supported format'],
  })
})

test('in a folder, texts without an ending or with an unknown one are taken, what is no text is not', async () => {
  write({
    README: 'Tide tables',
    Makefile: 'all:\n\tmake it\n',
    'main.tf': '# the gauge',
    'notes.org': '* Harbour',
    'Чтение.заметка': 'Текст',
    'legacy.nfo': '\ufeffText',
    data: 'a\u0000b',
    'empty.cfgx': '',
    id_rsa: '-----BEGIN OPENSSH PRIVATE KEY-----\nx',
    'letter.rtf': '{\\rtf1 x}',
    'logo.png': 'version https://git-lfs.github.com/spec/v1\n',
    'model.weights': 'version https://git-lfs.github.com/spec/v1\n',
    'picture.svg': '<svg/>',
    'yarn.lock': 'x',
    'a.md~': 'x',
    'a.md.bak': 'x',
    '4913': 'x',
  })
  const { files, skipped } = await expand(['.'])
  expect(files.toSorted()).toEqual(
    ['Makefile', 'README', 'legacy.nfo', 'main.tf', 'notes.org', 'Чтение.заметка'].toSorted(),
  )
  expect(skipped.toSorted()).toEqual([
    '4913 a temporary file of an editor',
    'a.md.bak a temporary file of an editor',
    'a.md~ a temporary file of an editor',
    'data not a supported format',
    'empty.cfgx not a supported format',
    'id_rsa not a supported format',
    'letter.rtf not a supported format',
    'logo.png not a supported format',
    'model.weights not a supported format',
    'picture.svg not a supported format',
    'yarn.lock not a supported format',
  ])
})

test('a link to a device in a folder is not read', async () => {
  symlinkSync('/dev/zero', join(dir, 'linked'))
  expect((await expand(['.'])).skipped).toContain('linked not a supported format')
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
  const { files, failed } = await expand(['docs', 'b.md'], { root: join(dir, 'docs') })
  expect(files).toEqual(['a.md'])
  expect(failed).toEqual(['b.md bad_request'])
  await expect(expand(['docs'], { root: join(dir, 'nowhere') })).rejects.toMatchObject({
    code: 'bad_request',
  })
})

test('a hash is that of the bytes', async () => {
  write({ 'a.md': 'hello' })
  expect(await hashFile(join(dir, 'a.md'))).toEqual({
    hash: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    bytes: 5,
  })
  await expect(hashFile(join(dir, 'none'))).rejects.toMatchObject({ code: 'not_found' })
})

test('what a deeper .gitignore takes back is judged by its own name', async () => {
  write({
    '.gitignore': 'build/\n*.tmp.md',
    'build/a.md': '',
    'sub/.gitignore': '!build/',
    'sub/build/a.md': '',
    'sub/build/x.tmp.md': '',
    'sub/build/deep/b.md': '',
    'sub/build/build/c.md': '',
  })
  expect((await expand(['.'])).files).toEqual([
    'sub/build/a.md',
    'sub/build/build/c.md',
    'sub/build/deep/b.md',
  ])
})

test('names count as they are written, where the file system does so', async ({ skip }) => {
  skip(process.platform !== 'linux', 'other file systems take both names for one')
  write({ '.gitignore': 'NOTES.md', 'notes.md': '', 'NOTES.md': '' })
  expect((await expand(['.'])).files).toEqual(['notes.md'])
})

test('.chatbotignore leaves out what git keeps, and takes what git does not', async () => {
  write({ '.gitignore': 'out/', '.chatbotignore': '!out/\ndrafts/', 'out/a.md': '', 'drafts/b.md': '' })
  expect((await expand(['.'])).files).toEqual(['out/a.md'])
})

test('git itself ignores the same files', async () => {
  write({
    '.gitignore': '*.log.md\n!keep.log.md\n/top.md\nfoo/*\n!foo/bar/\n**/deep/x.md\nspace\\ .md\n[ab].md\n',
    'keep.log.md': '',
    'drop.log.md': '',
    'top.md': '',
    'sub/top.md': '',
    'foo/a1.md': '',
    'foo/bar/kept.md': '',
    'one/deep/x.md': '',
    'one/deep/y.md': '',
    'space .md': '',
    'a.md': '',
    'sub/b.md': '',
    'sub/.gitignore': '!b.md\nlocal.md',
    'sub/local.md': '',
    'info.md': '',
    'global.md': '',
    'name\nwith a line end.md': '',
    'é.md': '',
    'e\u0301.md': '',
  })
  git('init', '-q')
  writeFileSync(join(dir, '.git/info/exclude'), 'info.md\n')
  write({ '.git/global': 'global.md\n' })
  git('config', 'core.excludesFile', join(dir, '.git/global'))
  const listed = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')
  const expected = listed.filter((name) => name.endsWith('.md')).sort()
  expect(expected).toHaveLength(8)
  expect((await expand(['.'])).files.sort()).toEqual(expected)
})

test('of a work tree only what Git tracks, submodules included, when that is asked for', async () => {
  write({
    'library/a.md': '',
    'library/loose.md': '',
    'repo/b.md': '',
    'repo/loose.md': '',
    'repo/.gitignore': 'b.md',
  })
  git('init', '-q', 'library')
  git('-C', 'library', 'add', 'a.md')
  git('-C', 'library', ...AUTHOR, 'commit', '-qm', 'one')
  git('init', '-q', 'repo')
  git('-C', 'repo', 'add', '-f', 'b.md')
  git('-C', 'repo', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../library', 'lib')
  write({ 'repo/lib/loose.md': '' })
  const { files, skipped } = await expand(['repo'], { tracked: true })
  expect(files).toEqual(['repo/b.md', 'repo/lib/a.md'])
  expect(skipped).toContain('repo/loose.md not tracked by Git')
  expect((await expand(['repo'])).files).toEqual(['repo/lib/a.md', 'repo/lib/loose.md', 'repo/loose.md'])
  mkdirSync(join(dir, 'plain'))
  expect(await expand(['plain'], { tracked: true })).toMatchObject({
    failed: ['plain bad_request'],
    complete: false,
  })
})

test('patterns narrow a folder, and take files of other endings', async () => {
  write({ 'a.md': '', 'b.log': '', 'drafts/c.md': '', 'sub/drafts.md': '', 'sub/d.log': '', '~$a.md': '' })
  expect((await expand(['.'], { include: ['*.log'] })).files).toEqual(['b.log', 'sub/d.log'])
  expect((await expand(['.'], { include: ['/sub/'] })).files).toEqual(['sub/d.log', 'sub/drafts.md'])
  const { files, skipped } = await expand(['.'], { exclude: ['drafts/', '/a.md'] })
  expect(files).toEqual(['sub/drafts.md'])
  expect(skipped).toContain('~$a.md a temporary file of an editor')
})

test('a source that could not be read whole says so', async () => {
  write({ 'docs/a.md': '' })
  expect(await expand(['docs'])).toMatchObject({ complete: true })
  symlinkSync(join(dir, 'unmounted'), join(dir, 'docs/link'))
  expect(await expand(['docs'])).toMatchObject({ files: ['docs/a.md'], complete: false })
  expect(await expand(['docs'], { exclude: ['link'] })).toMatchObject({ failed: [], complete: true })
  const gone = await expandSource('folder', join(dir, 'gone'), { extensions: new Set() })
  expect(gone).toMatchObject({ complete: false, failed: [{ code: 'not_found' }] })
})

test('a name that is too long for the index is a failure of that file', async () => {
  const deep = Array.from({ length: 9 }, () => 'x'.repeat(240)).join('/')
  write({ 'a.md': '', [`${deep}/b.md`]: '' })
  const { files, failed } = await expand(['.'])
  expect(files).toEqual(['a.md'])
  expect(failed).toEqual([`${deep}/b.md bad_request`])
  expect((await expand(['.'], { root: join(dir, deep) })).files).toEqual(['b.md'])
})

test('what is named are folders, globs, pages and files', () => {
  write({ 'docs/a.md': '', 'x[1].md': '' })
  const inputs = ['docs', './docs/', 'docs/a.md', '*.md', 'x[1].md', 'HTTP://a.test/b#c', 'none.md']
  expect(inputsOf(inputs, { cwd: dir, tracked: false })).toEqual({
    sources: [
      { kind: 'folder', location: join(dir, 'docs') },
      { kind: 'glob', location: join(dir, '*.md') },
      { kind: 'url', location: 'http://a.test/b' },
    ],
    files: [join(dir, 'docs/a.md'), join(dir, 'x[1].md'), join(dir, 'none.md')],
  })
})

const AUTHOR = ['-c', 'user.name=Anna', '-c', 'user.email=anna@example.com']

const git = (...args: readonly string[]): string =>
  execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
