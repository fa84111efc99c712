/** Edits the user's configuration file; keeps its comments and order. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Document, isMap, isScalar, parseDocument } from 'yaml'
import { ChatbotError } from '../domain/errors.ts'
import { loadConfig, parseSetting } from './load.ts'
import { currentName } from './old-settings.ts'
import { userConfigFile } from './paths.ts'
import { findSetting } from './schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Sets dotted keys to values given as text and writes the file, mode 600; `undefined` removes a key. Renames old
 * settings. Writes nothing and throws `invalid_config` if the result would be invalid. Returns the file's path.
 */
export function editUserConfig(env: Environment, changes: ReadonlyMap<string, string | undefined>): string {
  const path = userConfigFile(env)
  const document = parseDocument(existing(path))
  const [problem] = document.errors
  if (problem !== undefined) throw invalid(`${path} is not valid YAML: ${problem.message}`)
  rename(document)
  for (const [given, text] of changes) {
    const old = currentName(given)
    const key = old?.key ?? given
    if (text === undefined) remove(document, key.split('.'))
    else {
      if (old !== undefined) document.setIn(['engines', old.engine, 'kind'], 'local')
      document.setIn(key.split('.'), settingValue(key, text))
    }
  }

  const written = `${path}.new`
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(written, document.toString(), { mode: 0o600 })
    // Validate this file alone: the environment could hide a mistake in it.
    loadConfig({ env: { HOME: env.HOME, CHATBOT_CONFIG: written } })
    renameSync(written, path)
  } catch (error) {
    rmSync(written, { force: true })
    if (error instanceof ChatbotError) throw invalid(error.message.replaceAll(written, path))
    throw error
  }
  return path
}

function settingValue(key: string, text: string): unknown {
  const setting = findSetting(key)
  if (setting === undefined) {
    throw invalid(`There is no setting \`${key}\`. \`chatbot config list --all\` shows all of them.`)
  }
  return parseSetting(setting, text)
}

/** Moves settings with old names to their current ones, including comments. */
function rename(document: Document): void {
  const root = document.contents
  if (!isMap(root)) return
  const old = root.items.find(({ key }) => isScalar(key) && key.value === 'localEngines')
  if (old === undefined || !isScalar(old.key) || !isMap(old.value)) return
  for (const { value } of old.value.items)
    if (isMap(value) && !value.has('kind')) value.items.unshift(document.createPair('kind', 'local'))

  const engines = root.get('engines')
  if (!isMap(engines)) {
    root.delete('engines')
    old.key.value = 'engines'
    return
  }
  const comments = [old.key.commentBefore, old.value.commentBefore].filter((comment) => comment != null)
  const [first] = old.value.items
  if (comments.length > 0 && isScalar(first?.key)) first.key.commentBefore = comments.join('\n')
  for (const engine of old.value.items) {
    const known = engines.get(engine.key)
    if (!isMap(known)) engines.set(engine.key, engine.value)
    else if (isMap(engine.value)) {
      // If both names are set, the new one wins.
      for (const setting of engine.value.items) if (!known.has(setting.key)) known.add(setting)
    }
  }
  root.delete('localEngines')
}

/** Also removes sections that become empty. */
function remove(document: Document, path: readonly string[]): void {
  document.deleteIn(path)
  const section = path.slice(0, -1)
  const left = section.length === 0 ? undefined : document.getIn(section)
  if (isMap(left) && left.items.length === 0) remove(document, section)
}

function existing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw ChatbotError.wrap(error, 'invalid_config', `cannot read ${path}: `)
  }
}

const invalid = (message: string) => new ChatbotError('invalid_config', message)
