import type { ApiClient } from '../client/api.ts'
import type { LoadedConfig } from '../config/load.ts'
import { ChatbotError } from '../domain/errors.ts'
import { checkDaemon } from './daemon.ts'
import { checkEngines } from './engines.ts'
import { type Finding, fail } from './finding.ts'
import * as machine from './machine.ts'

export interface Examined {
  readonly env: NodeJS.ProcessEnv
  /** The versions of Node.js that are supported, as package.json has them. */
  readonly node: string
  readonly settings: () => Promise<LoadedConfig>
  /** Of a daemon that is started when none runs. */
  readonly api: (loaded: LoadedConfig) => Promise<ApiClient>
}

/** One finding after the other, up to what makes further checks pointless. Never rejects. */
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
      'Correct it: $EDITOR "$(chatbot config path)"',
    )
    return
  }
  const { dataDir } = loaded.config
  yield machine.checkConfigFile(env)
  yield machine.checkDataDir(dataDir)
  yield machine.checkDisk(dataDir)
  yield* machine.checkToken(dataDir)
  yield await machine.checkModel()
  yield await machine.checkLock(dataDir)
  try {
    yield* await checkDaemon(await api(loaded))
  } catch (error) {
    const { code, fullMessage } = ChatbotError.wrap(error)
    yield fail('Daemon', `${code}: ${fullMessage}`, '`chatbot logs` may tell more')
  }
  yield* await checkEngines(loaded.config)
}
