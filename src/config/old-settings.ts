/** Old names of settings that this version still reads: local engines used to have a separate map. */
import { SETTINGS, type Setting } from './schema.ts'

/** `source` is the file or the environment variable that sets it. */
export type SettingEntry = readonly [key: string, value: unknown, source: string]

const OLD_VARIABLE = 'CHATBOT_LOCAL_ENGINES_'

export const OLD_SETTINGS: readonly Setting[] = SETTINGS.filter(({ key }) =>
  key.startsWith('engines.*.'),
).map((setting) => ({
  ...setting,
  key: setting.key.replace('engines', 'localEngines'),
  env: setting.env.replace('CHATBOT_ENGINES_', OLD_VARIABLE),
}))

/** What an old key sets now; undefined for any other key. */
export function currentName(key: string): { readonly engine: string; readonly key: string } | undefined {
  const [map, engine, ...rest] = key.split('.')
  if (map !== 'localEngines' || engine === undefined) return undefined
  return { engine, key: ['engines', engine, ...rest].join('.') }
}

/** The entries under their current names, with a warning for each old name. If both names are set, the new one wins. */
export function renamed(entries: readonly SettingEntry[]): { entries: SettingEntry[]; warnings: string[] } {
  const old: SettingEntry[] = []
  const others: SettingEntry[] = []
  const warnings = new Set<string>()
  for (const entry of entries) {
    const [key, value, source] = entry
    const now = currentName(key)
    if (now === undefined) others.push(entry)
    else {
      old.push([`engines.${now.engine}.kind`, 'local', source], [now.key, value, source])
      warnings.add(warning(now.engine, source))
    }
  }
  return { entries: [...old, ...others], warnings: [...warnings] }
}

function warning(engine: string, source: string): string {
  const now = source.startsWith(OLD_VARIABLE)
    ? `${source} is now ${source.replace(OLD_VARIABLE, 'CHATBOT_ENGINES_')}, with CHATBOT_ENGINES_${engine.toUpperCase()}_KIND=local`
    : `\`localEngines.${engine}\` in ${source} is now \`engines.${engine}\` with \`kind: local\``
  return `${now}. The next version will not read the old name.`
}
