/** Edits the user's configuration file; keeps its comments and order. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Document, isMap, parseDocument } from 'yaml'
import { ChatbotError } from '../domain/errors.ts'
import { loadConfig, parseSetting } from './load.ts'
import { userConfigFile } from './paths.ts'
import { findSetting } from './schema.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Sets dotted keys to values given as text and writes the file, mode 600; `undefined` removes a key. Writes
 * nothing and throws `invalid_config` if the result would be invalid. Returns the file's path.
 */
export function editUserConfig(env: Environment, changes: ReadonlyMap<string, string | undefined>): string {
  const path = userConfigFile(env)
  const document = parseDocument(existing(path))
  const [problem] = document.errors
  if (problem !== undefined) throw invalid(`${path} is not valid YAML: ${problem.message}`)
  for (const [key, text] of changes) {
    if (text === undefined) remove(document, key.split('.'))
    else document.setIn(key.split('.'), settingValue(key, text))
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
