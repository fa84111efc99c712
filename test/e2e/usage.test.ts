import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Workspace, workspace } from '../support/cli.ts'

/** What works and what fails without any daemon. */
let space: Workspace
beforeAll(async () => {
  space = await workspace({ database: 'none' })
})
afterAll(() => space[Symbol.asyncDispose]())

const errorDocument = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) })

test.each([
  [['askk', 'why'], 'Did you mean `chatbot ask`?'],
  [['documents', 'shwo', 'x'], 'Did you mean `chatbot documents show`?'],
  [['frobnicate'], '`chatbot help` lists all commands'],
  [['ask'], 'There is no question'],
  [['status', 'extra'], '`chatbot status` takes no word “extra”'],
  [['documents', 'list', 'x', 'y'], '`chatbot documents list` takes no word “x”'],
  [['index', 'drop', 'xyz'], 'Expected an integer but received: xyz'],
  [['ask', '--nope', 'x'], 'Nonexistent flag: --nope'],
  [['ingest', '-'], '--name'],
  [['search', 'x', '--limit', 'many'], '--limit'],
  [['documents', 'show', 'x', '--at', '9:1'], '--at takes START:END'],
  [['collections', 'create', 'No Spaces'], 'not a valid collection name'],
  [['config', 'set', 'server.port'], 'has no value'],
  [['config', 'set', 'engines.x.apiKey', 'sk-1'], 'is a secret'],
  [['collections', 'rm'], 'Missing 1 required arg'],
])('%j is a usage error', async (args, hint) => {
  const { code, stdout, stderr } = await space.run(args)
  // The terminal's width breaks oclif's own messages into lines.
  expect(stderr.replace(/\s+›?\s*/g, ' ')).toContain(hint)
  expect(stdout).toBe('')
  expect(code).toBe(2)
  const { code: jsonCode, document } = await space.json(args)
  expect(jsonCode).toBe(2)
  expect(errorDocument.parse(document).error.message.replace(/\s+/g, ' ')).toContain(hint)
})

test('help has examples for every command, and costs no daemon', async () => {
  const manifest = z
    .object({ commands: z.record(z.string(), z.object({ examples: z.array(z.unknown()).optional() })) })
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')))
  const without = Object.entries(manifest.commands).filter(([, { examples = [] }]) => examples.length === 0)
  expect(without.map(([id]) => id)).toEqual([])
  const { code, stdout } = await space.run(['ingest', '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('EXAMPLES')
})

test('what asks about a daemon does not start one', async () => {
  const status = await space.json(['status'])
  expect(status).toEqual({ code: 5, document: { running: false, dataDir: space.dataDir } })
  expect((await space.run(['stop'])).stdout).toContain('No daemon is running')
  expect((await space.run(['logs'])).code).toBe(9)
})

test('the configuration on the command line', async () => {
  const path = join(space.dir, 'home/.config/chatbot/config.yaml')
  expect((await space.run(['config', 'path'])).stdout).toBe(`${path}\n`)
  const engine = ['engines.local.baseUrl', 'http://127.0.0.1:9/v1', 'engines.local.model', 'm']
  expect((await space.run(['config', 'set', 'log.level', 'debug', ...engine])).code).toBe(0)
  expect(
    (await space.run(['config', 'set', 'engines.local.apiKey', '-'], { input: 'sk-secret\n' })).code,
  ).toBe(0)
  expect(readFileSync(path, 'utf8')).toContain('apiKey: sk-secret\n')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((await space.run(['config', 'get', 'engines.local.apiKey'])).stdout).toBe('********\n')
  expect((await space.run(['config', 'list'])).stdout).not.toContain('sk-secret')
  expect((await space.run(['config', 'get', 'log.level'])).stdout).toBe('debug\n')
  expect(
    (await space.run(['config', 'get', 'log.level'], { env: { CHATBOT_LOG_LEVEL: 'warn' } })).stdout,
  ).toBe('warn\n')
  expect((await space.run(['config', 'get', 'dataDir', '--data-dir', 'elsewhere'])).stdout).toBe(
    `${join(space.dir, 'elsewhere')}\n`,
  )
  const wrong = await space.run(['config', 'set', 'log.level', 'loud'])
  expect(wrong.code).toBe(3)
  expect(wrong.stderr).toContain('log.level')
  expect((await space.run(['config', 'set', '--unset', 'engines.local.apiKey'])).code).toBe(0)
  expect(readFileSync(path, 'utf8')).not.toContain('apiKey')
})

test('two settings may have the same value, and two engines the same address', async () => {
  const set = (...words: string[]) => space.run(['config', 'set', ...words])
  const url = 'http://127.0.0.1:8/v1'
  const one = ['engines.one.baseUrl', url, 'engines.one.model', 'm']
  const two = ['engines.two.baseUrl', url, 'engines.two.model', 'm']
  expect((await set(...one, '--json', ...two)).code).toBe(0)
  expect((await set('retrieval.passages', '6', 'log.files', '6')).code).toBe(0)
  const { document } = await space.json(['config', 'list'])
  const text = JSON.stringify(document)
  expect(text.split(url)).toHaveLength(3)
  expect((await space.run(['config', 'get', 'retrieval.passages'])).stdout).toBe('6\n')
  expect((await space.run(['config', 'get', 'log.files'])).stdout).toBe('6\n')
})

test('an error that repeats a name does nothing to a terminal', async () => {
  const name = 'x\u009b2J\u009d0;owned\u009c\u202e'
  for (const args of [
    ['context', 'use', name],
    ['context', 'use', name, '--json'],
    [name],
    ['ask', `--${name}`, 'x'],
  ]) {
    const { code, stdout, stderr } = await space.run(args)
    expect(code).not.toBe(0)
    expect(stdout + stderr).not.toMatch(/[\x80-\x9f\u202a-\u202e]/)
  }
})

test('an invalid configuration is one clear line, and doctor says where', async () => {
  const env = { CHATBOT_SERVER_PORT: 'high' }
  const { code, stderr } = await space.run(['collections', 'list'], { env })
  expect(code).toBe(3)
  expect(stderr).toMatch(/^Error: server\.port .*CHATBOT_SERVER_PORT/)
  const doctor = await space.json(['doctor'], { env })
  expect(doctor.code).toBe(1)
  expect(doctor.document).toMatchObject({ ok: false })
})

test('a project file may not choose where data goes', async () => {
  space.write({ 'cloned/.chatbot.yaml': 'server:\n  host: 0.0.0.0\n' })
  const { code, stderr } = await space.run(['collections', 'list'], { cwd: join(space.dir, 'cloned') })
  expect(code).toBe(3)
  expect(stderr).toContain('a project file may only set')
})
