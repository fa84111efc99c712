import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { listConfig, loadConfig } from '../../../src/config/load.ts'
import { runtimePaths } from '../../../src/config/runtime-paths.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'chatbot-config-'))
})

function load(files: { user?: string; project?: string } = {}, env: Record<string, string> = {}) {
  const user = join(home, 'user.yaml')
  if (files.user !== undefined) writeFileSync(user, files.user)
  if (files.project !== undefined) writeFileSync(join(home, '.chatbot.yaml'), files.project)
  const chosen = files.user === undefined ? {} : { CHATBOT_CONFIG: user }
  return loadConfig({ env: { HOME: home, ...chosen, ...env }, projectDir: home })
}

describe('configuration', () => {
  test('needs nothing', () => {
    const { config } = load()
    expect(config.dataDir).toBe(join(home, '.local/share/chatbot'))
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 7474 })
  })

  test('environment over project file over user file', () => {
    const files = {
      user: 'collection: mine\nserver: {port: 1000}\nlog: {level: warn}',
      project: 'collection: ours',
    }
    const { config, sources } = load(files, { CHATBOT_SERVER_PORT: '2000' })
    expect(config).toMatchObject({ collection: 'ours', server: { port: 2000 }, log: { level: 'warn' } })
    expect(sources.get('server.port')).toBe('CHATBOT_SERVER_PORT')
    expect(sources.get('collection')).toBe(join(home, '.chatbot.yaml'))
  })

  test('a secret from the file that its variable names with _FILE', () => {
    const file = join(home, 'database-url')
    writeFileSync(file, 'postgres://chatbot:x@db/chatbot\n')
    const { config, sources } = load({}, { DATABASE_URL: '', DATABASE_URL_FILE: file })
    expect(config.database.url).toBe('postgres://chatbot:x@db/chatbot')
    expect(sources.get('database.url')).toBe('DATABASE_URL_FILE')
    expect(load({}, { CHATBOT_SERVER_HOST_FILE: file }).config.server.host).toBe('127.0.0.1')
    expect(() => load({}, { DATABASE_URL_FILE: join(home, 'none') })).toThrow(/set by DATABASE_URL_FILE/)
    writeFileSync(file, '\n')
    expect(() => load({}, { DATABASE_URL_FILE: file })).toThrow(/is empty/)
  })

  test('types of the environment: numbers, booleans, lists, engines by name; empty is not set', () => {
    const { config } = load(
      {},
      {
        CHATBOT_CACHE_ENABLED: 'false',
        CHATBOT_SERVER_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
        CHATBOT_ENGINES_OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1',
        CHATBOT_ENGINES_OLLAMA_MODEL: '7',
        CHATBOT_SERVER_PORT: '',
      },
    )
    expect(config.cache.enabled).toBe(false)
    expect(config.server.allowedOrigins).toEqual(['https://a.example', 'https://b.example'])
    expect(config.engines.ollama).toMatchObject({ model: '7', maxTokens: 800 })
    expect(config.server.port).toBe(7474)
  })

  test.each([
    [
      'a wrong type names the key and the source',
      {},
      { CHATBOT_SERVER_PORT: 'abc' },
      /server\.port \(from CHATBOT_SERVER_PORT\)/,
    ],
    ['an unknown key', { user: 'servr: {port: 1}' }, {}, /unknown setting servr in .*user\.yaml/],
    ['no YAML', { user: 'a: [' }, {}, /not valid YAML/],
    ['no mapping', { user: '- a' }, {}, /must contain settings/],
    ['an engine without a model', {}, { CHATBOT_ENGINES_X_BASE_URL: 'http://h/v1' }, /engines\.x\.model/],
    ['a database that is no PostgreSQL', {}, { DATABASE_URL: 'mysql://h/d' }, /database\.url/],
    [
      'a cloned folder cannot choose engines',
      { project: 'engines: {x: {baseUrl: "http://evil/v1", model: m}}' },
      {},
      /may only set: collection/,
    ],
    ['nor the database', { project: 'database: {url: "postgres://evil/d"}' }, {}, /may only set/],
  ])('%s', (_name, files, env, message) => {
    expect(() => load(files, env as Record<string, string>)).toThrow(message)
  })

  test('an engine is of the kind that it names, else behind an API', () => {
    const { config, warnings } = load(
      { user: 'engines: {far: {baseUrl: "http://h/v1", model: m}, near: {kind: local, model: org/chat}}' },
      {
        CHATBOT_ENGINES_NEXT_KIND: 'local',
        CHATBOT_ENGINES_NEXT_MODEL: '7',
        CHATBOT_ENGINES_NEXT_STOP: 'a,b',
      },
    )
    expect(config.engines).toMatchObject({
      far: { kind: 'openai', maxTokens: 800, retries: 2 },
      near: { kind: 'local', maxTokens: 400, topK: 0 },
      next: { kind: 'local', model: '7', stop: ['a', 'b'] },
    })
    expect(warnings).toEqual([])
  })

  test.each([
    ['a kind that there is not', { kind: 'magic', model: 'm' }, /engines\.x\.kind .*`openai` or `local`/],
    [
      'a setting of another kind',
      { kind: 'local', model: 'm', baseUrl: 'http://h/v1' },
      /unknown setting engines\.x\.baseUrl/,
    ],
    ['a model alone', { model: 'm' }, /engines\.x\.baseUrl/],
  ])('not for an engine: %s', (_what, engine, message) => {
    expect(() => load({ user: JSON.stringify({ engines: { x: engine } }) })).toThrow(message)
  })

  test('the built-in engine has no settings', () => {
    expect(() => load({ user: 'engines: {extractive: {kind: local, model: m}}' })).toThrow(
      /engines\.extractive: .*`extractive` is the built-in one/,
    )
  })

  describe('local engines under their old name', () => {
    test('of a file', () => {
      const user =
        'localEngines: {tiny: {model: org/chat, threads: 4}}\nengines: {far: {baseUrl: "http://h/v1", model: m}}'
      const { config, sources, warnings } = load({ user })
      expect(config.engines).toMatchObject({
        far: { kind: 'openai' },
        tiny: { kind: 'local', model: 'org/chat', threads: 4 },
      })
      const file = join(home, 'user.yaml')
      expect(sources.get('engines.tiny.threads')).toBe(file)
      expect(warnings).toEqual([
        `\`localEngines.tiny\` in ${file} is now \`engines.tiny\` with \`kind: local\`. The next version will not read the old name.`,
      ])
    })

    test('of the environment', () => {
      const { config, warnings } = load(
        { user: 'localEngines: {tiny: {model: org/chat}}' },
        { CHATBOT_LOCAL_ENGINES_TINY_MODEL: 'org/other', CHATBOT_LOCAL_ENGINES_TINY_TOP_P: '0.5' },
      )
      expect(config.engines.tiny).toMatchObject({ kind: 'local', model: 'org/other', topP: 0.5 })
      expect(warnings).toHaveLength(3)
      expect(warnings).toContainEqual(
        expect.stringContaining(
          'CHATBOT_LOCAL_ENGINES_TINY_TOP_P is now CHATBOT_ENGINES_TINY_TOP_P, with CHATBOT_ENGINES_TINY_KIND=local.',
        ),
      )
    })

    test('give way to the new one', () => {
      const user =
        'engines: {tiny: {kind: local, model: new}}\nlocalEngines: {tiny: {model: old, threads: 4}}'
      expect(load({ user }).config.engines.tiny).toMatchObject({ model: 'new', threads: 4 })
    })

    test('are no way to make one of another kind', () => {
      const user = 'engines: {tiny: {baseUrl: "http://h/v1", model: new}}\nlocalEngines: {tiny: {model: old}}'
      expect(() => load({ user })).toThrow(/unknown setting engines\.tiny\.baseUrl/)
    })
  })

  test('a named configuration file must be there', () => {
    expect(() => loadConfig({ env: { HOME: home, CHATBOT_CONFIG: join(home, 'none.yaml') } })).toThrow(
      /cannot read/,
    )
  })

  test('secrets are masked in lists', () => {
    const env = {
      DATABASE_URL: 'postgres://u:secret@h/d',
      CHATBOT_ENGINES_X_API_KEY: 'sk-secret',
      CHATBOT_ENGINES_X_MODEL: 'm',
      CHATBOT_ENGINES_X_BASE_URL: 'http://h/v1',
    }
    const listed = JSON.stringify(listConfig(load({}, env)))
    expect(listed).not.toContain('secret')
    expect(listed).toContain('********')
  })

  test('a data directory with a long path gets a short socket path', () => {
    const { socket, databaseSocket } = runtimePaths(join('/', 'x'.repeat(200)))
    expect(Buffer.byteLength(socket)).toBeLessThan(104)
    expect(Buffer.byteLength(databaseSocket)).toBeLessThan(104)
    expect(runtimePaths('/a').socket).toBe('/a/run/daemon.sock')
  })
})
