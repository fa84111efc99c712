import { readFile } from 'node:fs/promises'
import type { EngineConfigs } from '../../config/engines.ts'
import { ChatbotError } from '../../domain/errors.ts'

/**
 * The key of `engines.NAME` or `embedders.NAME`, from its file or the configuration; undefined when it needs none.
 * Throws `invalid_config`.
 */
export async function engineKey(
  setting: string,
  config: Pick<EngineConfigs['openai'], 'apiKey' | 'apiKeyFile'>,
): Promise<string | undefined> {
  if (config.apiKeyFile === undefined) return config.apiKey
  try {
    return (await readFile(config.apiKeyFile, 'utf8')).trim()
  } catch (error) {
    throw ChatbotError.wrap(error, 'invalid_config', `${setting}.apiKeyFile: `)
  }
}
