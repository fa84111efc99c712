/** Whether the configured engines answer, with the key and the model that they are configured with. */
import { z } from 'zod'
import type { Config, EngineConfig } from '../config/schema.ts'
import { ChatbotError } from '../domain/errors.ts'
import { engineKey } from '../generate/engines/engine-key.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const PATIENCE_MS = 5000

export async function checkEngines({ engines, localEngines, models, answer }: Config): Promise<Finding[]> {
  const known = ['extractive', ...Object.keys(engines), ...Object.keys(localEngines)]
  if (!known.includes(answer.engine)) {
    return [
      fail(
        'Engine',
        `answer.engine is ${answer.engine}, which is not configured`,
        `Configure it: chatbot config set engines.${answer.engine}.baseUrl URL engines.${answer.engine}.model MODEL`,
      ),
    ]
  }
  const checks = [
    ...Object.entries(engines).map(([name, engine]) => ({ name, check: () => checkEngine(name, engine) })),
    ...Object.entries(localEngines).map(([name, { model }]) => ({
      name,
      check: () => checkLocalEngine(name, model, models.cacheDir),
    })),
  ]
  return Promise.all(
    checks.map(async ({ name, check }) => {
      const finding = await check()
      // An engine that nobody asks by default may be switched off.
      return finding.state === 'fail' && name !== answer.engine
        ? { ...finding, state: 'warn' as const }
        : finding
    }),
  )
}

async function checkLocalEngine(name: string, model: string, cacheDir: string): Promise<Finding> {
  const title = `Engine ${name}`
  const { installedGenerator } = await import('../../models/installed.ts')
  try {
    const { contextTokens } = await installedGenerator(model, cacheDir)
    return ok(title, `${model} is installed, ${contextTokens} tokens of context`)
  } catch (thrown) {
    return fail(title, ChatbotError.wrap(thrown).fullMessage, `chatbot models pull ${model}`)
  }
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) })

async function checkEngine(name: string, engine: EngineConfig): Promise<Finding> {
  const title = `Engine ${name}`
  const url = `${engine.baseUrl.replace(/\/$/, '')}/models`
  try {
    const key = await engineKey(name, engine)
    const response = await fetch(url, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (response.status === 401 || response.status === 403) {
      return fail(
        title,
        `${url} does not accept the key`,
        `chatbot config set engines.${name}.apiKey - < KEYFILE`,
      )
    }
    if (!response.ok)
      return fail(title, `${url} answers with status ${response.status}`, 'Check the base URL')
    const models = modelsSchema.safeParse(await response.json())
    if (models.success && !models.data.data.some(({ id }) => id === engine.model)) {
      return warn(
        title,
        `reachable, but does not list the model ${engine.model}`,
        'Pull the model there, or correct its name',
      )
    }
    return ok(title, `reachable, model ${engine.model}`)
  } catch (error) {
    if (error instanceof ChatbotError) return fail(title, error.fullMessage, 'Correct the configuration')
    const reason =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : ''
    return fail(title, `${url} cannot be reached (${reason})`, 'Start the engine, or correct its base URL')
  }
}
