import type { ApiClient } from '../client/api.ts'
import type { LoadedConfig } from '../config/load.ts'
import { ChatbotError } from '../domain/errors.ts'
import { checkDaemon } from './daemon.ts'
import { checkEngines, type RunningEngines } from './engines.ts'
import { type Finding, fail, warn } from './finding.ts'
import * as machine from './machine.ts'

export interface Examined {
  readonly env: NodeJS.ProcessEnv
  /** The supported versions of Node.js, as in package.json. */
  readonly node: string
  readonly settings: () => Promise<LoadedConfig>
  /** Starts a daemon if none is running. */
  readonly api: (loaded: LoadedConfig) => Promise<ApiClient>
}

/** Yields findings until one makes further checks pointless. Never rejects. */
export async function* examine({
  env,
  node,
  settings,
  api,
}: Examined): AsyncGenerator<Finding, void, undefined> {
  yield machine.checkNode(node)
  let loaded: LoadedConfig
  try {
    loaded = await settings()
  } catch (error) {
    yield fail(
      'Configuration',
      ChatbotError.wrap(error).fullMessage,
      'Fix it: $EDITOR "$(chatbot config path)"',
    )
    return
  }
  const { dataDir } = loaded.config
  yield machine.checkConfigFile(env)
  for (const warning of loaded.warnings)
    yield warn('Configuration', warning, 'Use the new name; any `chatbot config set` updates the file')
  yield machine.checkDataDir(dataDir)
  yield machine.checkDisk(dataDir)
  yield* machine.checkToken(dataDir)
  yield await machine.examineModel()
  yield await machine.checkLock(dataDir)
  let engines: RunningEngines | undefined
  try {
    const daemon = await checkDaemon(await api(loaded))
    engines = daemon.engines
    yield* daemon.findings
  } catch (error) {
    const { code, fullMessage } = ChatbotError.wrap(error)
    yield fail('Daemon', `${code}: ${fullMessage}`, '`chatbot logs` may have details')
  }
  yield* await checkEngines(loaded.config, engines)
}
