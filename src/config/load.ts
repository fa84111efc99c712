/**
 * Loads the configuration. The environment overrides the project file, which overrides the user file, which
 * overrides the defaults; flags override all. VARIABLE_FILE can name a file with a secret, as container platforms
 * mount them.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { ChatbotError, errorText } from '../domain/errors.ts'
import { OLD_SETTINGS, renamed, type SettingEntry } from './old-settings.ts'
import { defaultDataDir, hubCacheDir, PROJECT_CONFIG_FILE, userConfigFile } from './paths.ts'
import { type Config, configSchema, findSetting, PROJECT_KEYS, SETTINGS, type Setting } from './schema.ts'

export interface LoadedConfig {
  readonly config: Config
  /** The source of each key that is not a default: a file or an environment variable. */
  readonly sources: ReadonlyMap<string, string>
  /** Settings that still have the previous version's name, with the current one. */
  readonly warnings: readonly string[]
}

interface LoadOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder with the project file; if absent, as in the daemon, none is read. */
  readonly projectDir?: string
}

export function loadConfig({ env, projectDir }: LoadOptions): LoadedConfig {
  const values = new Map<string, unknown>([
    ['dataDir', defaultDataDir(env)],
    ['models.cacheDir', hubCacheDir(env)],
  ])
  const sources = new Map<string, string>()
  const warnings: string[] = []
  const put = (given: readonly SettingEntry[]) => {
    const current = renamed(given)
    warnings.push(...current.warnings)
    for (const [key, value, source] of current.entries) {
      values.set(key, value)
      sources.set(key, source)
    }
  }

  const userFile = userConfigFile(env)
  put(readFile(userFile, env.CHATBOT_CONFIG !== undefined))
  if (projectDir !== undefined) {
    const file = join(projectDir, PROJECT_CONFIG_FILE)
    const entries = readFile(file, false)
    const forbidden = entries.find(([key]) => !PROJECT_KEYS.includes(key))
    if (forbidden !== undefined) {
      throw invalid(
        `${file} sets \`${forbidden[0]}\`, but a project file may only set: ${PROJECT_KEYS.join(', ')}. Move it to ${userFile}.`,
      )
    }
    put(entries)
  }
  put(fromEnvironment(env))

  const parsed = configSchema.safeParse(nest(values))
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => explain(issue, sources))
    throw invalid(lines.join('\n'))
  }
  return { config: { ...parsed.data, dataDir: resolve(parsed.data.dataDir) }, sources, warnings }
}

/** Leaves of a configuration as dotted keys, for `config list` and the API; secrets masked. */
export function listConfig({
  config,
  sources,
}: LoadedConfig): { key: string; value: unknown; source: string }[] {
  return flatten('', config).map(([key, value]) => ({
    key,
    value: findSetting(key)?.secret === true && value !== undefined ? '********' : value,
    source: sources.get(key) ?? 'default',
  }))
}

/** Converts a value given as text (environment, `config set`) to the setting's type. */
export function parseSetting(setting: Setting, text: string): unknown {
  const candidates: unknown[] = [text]
  const trimmed = text.trim()
  if (/^(true|false)$/.test(trimmed)) candidates.unshift(trimmed === 'true')
  if (trimmed !== '' && Number.isFinite(Number(trimmed))) candidates.unshift(Number(trimmed))
  candidates.push(trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim()))
  const issuesOf = (candidate: unknown) => setting.schema.safeParse(candidate).error?.issues ?? []
  // If nothing fits, pass on the closest candidate so that the schema explains what it wants.
  return (
    candidates.find((candidate) => issuesOf(candidate).length === 0) ??
    candidates.find((candidate) => issuesOf(candidate).every(({ code }) => code !== 'invalid_type')) ??
    text
  )
}

function fromEnvironment(env: LoadOptions['env']): SettingEntry[] {
  return [...OLD_SETTINGS, ...SETTINGS].flatMap((setting) =>
    variablesOf(setting, env).flatMap(([key, variable]): SettingEntry[] => {
      const text = env[variable]
      // An empty variable is how compose files and shells say "not set".
      if (text !== undefined && text !== '') return [[key, parseSetting(setting, text), variable]]
      const fileVariable = `${variable}_FILE`
      // An engine's key has a separate setting for this: `apiKeyFile`.
      const file = setting.secret && !setting.env.includes('*') ? env[fileVariable] : undefined
      if (file === undefined || file === '') return []
      return [[key, parseSetting(setting, readSecret(file, fileVariable)), fileVariable]]
    }),
  )
}

function readSecret(file: string, variable: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw invalid(`cannot read ${file}, set by ${variable}: ${errorText(error)}`)
  }
  if (text === '') throw invalid(`${file}, set by ${variable}, is empty`)
  return text
}

function variablesOf(
  { key, env: name }: Setting,
  env: LoadOptions['env'],
): [key: string, variable: string][] {
  const [before = '', after] = name.split('*')
  if (after === undefined) return [[key, name]]
  return Object.keys(env).flatMap((variable): [string, string][] => {
    if (!variable.startsWith(before) || !variable.endsWith(after)) return []
    const record = variable.slice(before.length, variable.length - after.length)
    return /^[A-Z0-9]+$/.test(record) ? [[key.replace('*', record.toLowerCase()), variable]] : []
  })
}

function readFile(path: string, required: boolean): SettingEntry[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (
      !required &&
      error instanceof Error &&
      'code' in error &&
      (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    )
      return []
    throw invalid(`cannot read ${path}: ${errorText(error)}`)
  }
  // Most commands find no file, and start faster without loading the parser.
  const { parseDocument }: typeof import('yaml') = createRequire(import.meta.url)('yaml')
  const document = parseDocument(text)
  const [problem] = document.errors
  if (problem !== undefined) throw invalid(`${path} is not valid YAML: ${problem.message}`)
  const content = z.record(z.string(), z.unknown()).nullable().safeParse(document.toJS())
  if (!content.success) throw invalid(`${path} must contain settings as \`key: value\` lines`)
  return content.data === null ? [] : flatten('', content.data).map(([key, value]) => [key, value, path])
}

function flatten(prefix: string, value: object): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const key = prefix + name
    const plain = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
    return plain && findSetting(key) === undefined ? flatten(`${key}.`, inner) : [[key, inner]]
  })
}

function nest(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [key, value] of values) {
    const path = key.split('.')
    const last = path.pop() ?? key
    let node = root
    for (const name of path) {
      const inner = node[name]
      const next = isRecord(inner) ? inner : {}
      node[name] = next
      node = next
    }
    node[last] = value
  }
  return root
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function explain(issue: z.core.$ZodIssue, sources: ReadonlyMap<string, string>): string {
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : []
  const path = issue.path.join('.')
  if (unknownKeys.length > 0) {
    const full = unknownKeys.map((key) => (path === '' ? key : `${path}.${key}`))
    const source = full.map(
      (key) => [...sources].find(([known]) => known === key || known.startsWith(`${key}.`))?.[1],
    )
    return `unknown setting ${full.join(', ')}${source[0] === undefined ? '' : ` in ${source[0]}`}. \`chatbot config list\` shows all settings.`
  }
  const source = sources.get(path)
  const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message
  return `${path}${source === undefined ? '' : ` (from ${source})`}: ${message}`
}

const invalid = (message: string) => new ChatbotError('invalid_config', message)
