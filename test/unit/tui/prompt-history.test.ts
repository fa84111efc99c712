import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openPromptHistory } from '../../../src/tui/prompt-history.ts'
import { MAX_RECALL } from '../../../src/tui/state.ts'

async function directory() {
  const dir = await mkdtemp(join(tmpdir(), 'history-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return { dir, file: join(dir, 'chat_history') }
}

test('keeps inputs of several lines, for this user alone', async () => {
  const { dir, file } = await directory()
  const history = await openPromptHistory(join(dir))
  expect(history.inputs).toEqual([])
  await history.add('один\nдва')
  await history.add('three')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await openPromptHistory(dir)).inputs).toEqual(['один\nдва', 'three'])
})

test('a file that others could read is closed to them, damaged lines are left out', async () => {
  const { dir, file } = await directory()
  await writeFile(file, '"one"\nnot json\n{"a":1}\n"two"\n"cut', { mode: 0o644 })
  expect((await openPromptHistory(dir)).inputs).toEqual(['one', 'two'])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('is bounded, in memory and on disk', async () => {
  const { dir, file } = await directory()
  await openPromptHistory(dir)
  await appendFile(file, Array.from({ length: 3 * MAX_RECALL }, (_, n) => `"${n}"\n`).join(''))
  const { inputs } = await openPromptHistory(dir)
  expect(inputs).toHaveLength(MAX_RECALL)
  expect(inputs.at(-1)).toBe(`${3 * MAX_RECALL - 1}`)
  expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(MAX_RECALL)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})
