import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** XDG base directories; a relative value is ignored, as the specification says. */
function base(env: Environment, variable: string, fallback: string): string {
  const value = env[variable]
  return value !== undefined && isAbsolute(value) ? value : join(env.HOME || homedir(), fallback)
}

export const defaultDataDir = (env: Environment): string =>
  join(base(env, 'XDG_DATA_HOME', '.local/share'), 'chatbot')

/** Where the hub's own tools keep downloads, unless HF_HUB_CACHE says otherwise. */
export const hubCacheDir = (env: Environment): string =>
  env.HF_HOME ? join(env.HF_HOME, 'hub') : join(base(env, 'XDG_CACHE_HOME', '.cache'), 'huggingface', 'hub')

/** The user's configuration file: CHATBOT_CONFIG, else config.yaml in the XDG configuration directory. */
export const userConfigFile = (env: Environment): string =>
  env.CHATBOT_CONFIG ?? join(base(env, 'XDG_CONFIG_HOME', '.config'), 'chatbot', 'config.yaml')

/** Servers and credentials of the command line. */
export const contextsFile = (env: Environment): string =>
  join(base(env, 'XDG_CONFIG_HOME', '.config'), 'chatbot', 'contexts.json')

export const PROJECT_CONFIG_FILE = '.chatbot.yaml'
