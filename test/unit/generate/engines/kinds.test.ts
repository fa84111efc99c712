/** The registry of engines, and doctor's list of them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { loadConfig } from '../../../../src/config/load.ts'
import { SETTINGS } from '../../../../src/config/schema.ts'
import { checkEngines } from '../../../../src/doctor/engines.ts'
import type { ConfiguredEngine } from '../../../../src/generate/engines/engine.ts'
import { configuredEngines } from '../../../../src/generate/engines/kinds.ts'
import { openEngines } from '../../../../src/generate/engines/open.ts'
import type { Embedder } from '../../../../src/ports/embedder.ts'

const KEY = 'right'
const home = mkdtempSync(join(tmpdir(), 'chatbot-kinds-'))
let baseUrl = ''
const api = createServer((request, response) => {
  const knows = request.headers.authorization === `Bearer ${KEY}`
  response.writeHead(knows ? 200 : 401).end(JSON.stringify({ data: [{ id: 'there' }] }))
})
beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  const address = api.address()
  baseUrl = typeof address === 'object' ? `http://127.0.0.1:${address?.port}/v1` : ''
})
afterAll(() => {
  api.close()
  rmSync(home, { recursive: true, force: true })
})

const embedder: Embedder = {
  model: { name: 'none', dimensions: 1, maxTokens: 1, fingerprint: 'none' },
  embed: async () => [],
}

const configured = (env: Readonly<Record<string, string>> = {}) =>
  loadConfig({
    env: {
      HOME: home,
      CHATBOT_ENGINES_FAR_BASE_URL: baseUrl,
      CHATBOT_ENGINES_FAR_MODEL: 'there',
      CHATBOT_ENGINES_FAR_API_KEY: KEY,
      CHATBOT_ENGINES_NEAR_KIND: 'local',
      CHATBOT_ENGINES_NEAR_MODEL: 'org/chat',
      ...env,
    },
  }).config

test('every kind of engine is told by the description of its setting', () => {
  const kinds = configuredEngines(configured()).map(({ kind }) => kind)
  expect(kinds).toEqual(['extractive', 'openai', 'local'])
  const described = SETTINGS.filter(({ key }) => key.startsWith('engines.*.'))
  const named = new Set(described.slice(1).map(({ description }) => /^`(\w+)`: /.exec(description)?.[1]))
  expect([...named]).toEqual(kinds.slice(1))
  for (const kind of named) expect(described[0]?.description).toContain(`\`${kind}\``)
})

test('a text for a setting is read as some kind takes it', () => {
  const { engines } = configured({ CHATBOT_ENGINES_NEAR_CONTEXT_TOKENS: '2048' })
  expect(engines.near).toMatchObject({ contextTokens: 2048 })
  expect(() => configured({ CHATBOT_ENGINES_NEAR_CONTEXT_TOKENS: '2000000' })).toThrow(
    /engines\.near\.contextTokens \(from CHATBOT_ENGINES_NEAR_CONTEXT_TOKENS\)/,
  )
})

const opened = (engines: readonly ConfiguredEngine[], engine: string, fallbacks: string[] = []) =>
  openEngines(engines, { engine, fallbacks }, embedder)

test('engines are opened by their kind, whatever state their models are in', async () => {
  const { generators, close } = await opened(configuredEngines(configured()), 'extractive')
  expect(generators.list()).toEqual([
    { name: 'extractive', kind: 'extractive', model: 'extractive', state: { state: 'ok' } },
    { name: 'far', kind: 'openai', model: 'there', state: { state: 'ok' } },
    { name: 'near', kind: 'local', model: 'unusable', state: { state: 'ok' } },
  ])
  expect(generators.withFallbacks().id).toBe('extractive')
  expect(generators.alone('far').id).toBe('far:there')
  expect(generators.has('gone')).toBe(false)
  expect(() => generators.alone('gone')).toThrow('Configured: extractive, far, near.')
  await close()
})

test('one that is named and not configured opens nothing', async () => {
  const closed = vi.fn(async () => undefined)
  const engines = configuredEngines(configured()).map((engine) => ({
    ...engine,
    open: async (given: Embedder) => ({ ...(await engine.open(given)), close: closed }),
  }))
  await expect(opened(engines, 'gone')).rejects.toMatchObject({ code: 'unknown_engine' })
  expect(closed).toHaveBeenCalledTimes(3)
  await expect(opened(engines, 'far', ['gone'])).rejects.toMatchObject({ code: 'unknown_engine' })
  const broken = {
    ...engines[0],
    ...{ name: 'broken', kind: 'openai', where: '' },
    open: async () => Promise.reject(new Error('no')),
    check: async () => ({ state: 'ok', detail: '' }),
  } as const satisfies ConfiguredEngine
  await expect(opened([...engines, broken], 'extractive')).rejects.toThrow('no')
  expect(closed).toHaveBeenCalledTimes(9)
})

test('doctor has one list: kind, model, where it computes, when it is asked, its state', async () => {
  const config = configured({ CHATBOT_ANSWER_FALLBACKS: 'far' })
  expect(await checkEngines(config, undefined)).toEqual([
    { name: 'Engine extractive', state: 'ok', detail: 'built in; answers first; quotes the documents' },
    { name: 'Engine far', state: 'ok', detail: `openai, there at ${baseUrl}; a fallback; reachable` },
    {
      name: 'Engine near',
      state: 'warn',
      detail: expect.stringMatching(/^local, org\/chat on this machine; on request; .*is not installed/),
      todo: 'chatbot models pull org/chat',
    },
  ])
})

test.each([
  ['does not accept the key', { CHATBOT_ENGINES_FAR_API_KEY: 'wrong' }, 'fail'],
  ['does not list the model', { CHATBOT_ENGINES_FAR_MODEL: 'gone' }, 'warn'],
  ['cannot be reached', { CHATBOT_ENGINES_FAR_BASE_URL: 'http://127.0.0.1:9/v1' }, 'fail'],
  ['engines.far.apiKeyFile', { CHATBOT_ENGINES_FAR_API_KEY_FILE: join(home, 'none') }, 'fail'],
])('doctor says of an API: %s', async (said, env, state) => {
  const first = await checkEngines(configured({ ...env, CHATBOT_ANSWER_ENGINE: 'far' }), undefined)
  expect(first[1]).toMatchObject({ name: 'Engine far', state, detail: expect.stringContaining(said) })
  const later = await checkEngines(configured(env), undefined)
  expect(later[1]).toMatchObject({ state: 'warn', detail: expect.stringContaining(said) })
})

test('doctor adds what the running daemon says, and names what is not configured', async () => {
  const config = configured({ CHATBOT_ANSWER_ENGINE: 'far', CHATBOT_ANSWER_FALLBACKS: 'gone' })
  const used = 'on request' as const
  const findings = await checkEngines(config, [
    { name: 'far', kind: 'openai', model: 'there', used, state: 'resting', because: 'timeout' },
  ])
  expect(findings).toMatchObject([
    { name: 'Engine gone', state: 'fail', detail: expect.stringContaining('answer.fallbacks') },
    { name: 'Engine extractive', state: 'warn', todo: 'chatbot restart' },
    { name: 'Engine far', state: 'warn', detail: expect.stringContaining('paused after failures: timeout') },
    { name: 'Engine near', state: 'warn' },
  ])
})
