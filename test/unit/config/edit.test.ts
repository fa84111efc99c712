import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { editUserConfig } from '../../../src/config/edit.ts'
import { loadConfig } from '../../../src/config/load.ts'

let dir: string
let env: Record<string, string>
let file: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'config-'))
  env = { HOME: dir }
  file = join(dir, '.config/chatbot/config.yaml')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const set = (changes: Readonly<Record<string, string | undefined>>) =>
  editUserConfig(env, new Map(Object.entries(changes)))

test('a setting makes the file, for its owner alone', () => {
  expect(set({ 'server.port': '7500' })).toBe(file)
  expect(readFileSync(file, 'utf8')).toBe('server:\n  port: 7500\n')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(loadConfig({ env }).config.server.port).toBe(7500)
})

test('comments and other settings stay', () => {
  mkdirSync(join(dir, '.config/chatbot'), { recursive: true })
  writeFileSync(file, '# mine\nlog:\n  level: debug # loud\n')
  set({ 'server.tcp': 'false', 'log.files': '5' })
  expect(readFileSync(file, 'utf8')).toBe(
    '# mine\nlog:\n  level: debug # loud\n  files: 5\nserver:\n  tcp: false\n',
  )
})

test.each([
  [{ 'server.port': '99999999' }, 'server.port'],
  [{ 'log.level': 'loud' }, 'log.level'],
  [{ 'no.such': '1' }, 'no.such'],
  [{ 'engines.ollama.model': 'x' }, 'engines.ollama.baseUrl'],
])('what would not be valid is not written: %j', (changes, named) => {
  set({ collection: 'docs' })
  expect(() => set(changes)).toThrow(named)
  expect(readFileSync(file, 'utf8')).toBe('collection: docs\n')
})

test('an engine takes its settings together, a list takes commas', () => {
  set({
    'engines.ollama.baseUrl': 'http://127.0.0.1:11434/v1',
    'engines.ollama.model': 'qwen',
    'server.allowedHosts': 'a.example, b.example',
  })
  const { config } = loadConfig({ env })
  expect(config.engines.ollama).toMatchObject({ model: 'qwen' })
  expect(config.server.allowedHosts).toEqual(['a.example', 'b.example'])
})

test('what has an old name gets its new one, and keeps its comments', () => {
  mkdirSync(join(dir, '.config/chatbot'), { recursive: true })
  writeFileSync(
    file,
    '# top\nlocalEngines:\n  # mine\n  tiny:\n    model: a/b # small\n    threads: 4\nlog: {level: debug}\n',
  )
  set({ collection: 'docs' })
  expect(readFileSync(file, 'utf8')).toBe(
    '# top\nengines:\n  # mine\n  tiny:\n    kind: local\n    model: a/b # small\n    threads: 4\nlog: { level: debug }\ncollection: docs\n',
  )
  expect(loadConfig({ env }).warnings).toEqual([])
})

test('beside engines that have the new name, too', () => {
  mkdirSync(join(dir, '.config/chatbot'), { recursive: true })
  writeFileSync(
    file,
    'engines:\n  far: {baseUrl: http://h/v1, model: m}\n  tiny: {kind: local, threads: 2}\n# old\nlocalEngines:\n  next: {model: n}\n  tiny: {model: t, threads: 4}\n',
  )
  set({ 'engines.tiny.topK': '5' })
  expect(readFileSync(file, 'utf8')).toBe(
    'engines:\n  far: { baseUrl: http://h/v1, model: m }\n  tiny: { kind: local, threads: 2, model: t, topK: 5 }\n  # old\n  next: { kind: local, model: n }\n',
  )
})

test('a key may be given by its old name', () => {
  set({ 'localEngines.tiny.model': 'a/b' })
  expect(readFileSync(file, 'utf8')).toBe('engines:\n  tiny:\n    kind: local\n    model: a/b\n')
  set({ 'localEngines.tiny': undefined })
  expect(loadConfig({ env }).config.engines).toEqual({})
})

test('a removed setting takes its empty section with it', () => {
  set({ 'server.port': '1234', collection: 'docs' })
  set({ 'server.port': undefined })
  expect(readFileSync(file, 'utf8')).toBe('collection: docs\n')
})

test('an unknown key in the file can be removed', () => {
  mkdirSync(join(dir, '.config/chatbot'), { recursive: true })
  writeFileSync(file, 'old:\n  key: 1\ncollection: docs\n')
  expect(() => set({ 'server.port': '1' })).toThrow('old')
  set({ 'old.key': undefined })
  expect(readFileSync(file, 'utf8')).toBe('collection: docs\n')
})

test('a file that is not YAML is left alone', () => {
  mkdirSync(join(dir, '.config/chatbot'), { recursive: true })
  writeFileSync(file, 'a: [')
  expect(() => set({ collection: 'x' })).toThrow('not valid YAML')
  expect(readFileSync(file, 'utf8')).toBe('a: [')
})
