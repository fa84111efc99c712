/** Checks each engine: what it is, where it runs, when it is used, and whether it works. */
import type { RouteResponse } from '../api/routes.ts'
import type { Config } from '../config/schema.ts'
import type { ConfiguredEngine } from '../generate/engines/engine.ts'
import { configuredEngines } from '../generate/engines/kinds.ts'
import { type Finding, fail, warn } from './finding.ts'

export type RunningEngines = RouteResponse<'listEngines'>['engines']

/** `running` are the daemon's engines; undefined if the daemon could not be asked. */
export async function checkEngines(config: Config, running: RunningEngines | undefined): Promise<Finding[]> {
  const configured = configuredEngines(config)
  const { engine, fallbacks } = config.answer
  const unknown = [...new Set([engine, ...fallbacks])].filter(
    (wanted) => !configured.some(({ name }) => name === wanted),
  )
  return [
    ...unknown.map((name) => notConfigured(name, name === engine ? 'answer.engine' : 'answer.fallbacks')),
    ...(await Promise.all(configured.map((one) => checkEngine(one, config.answer, running)))),
  ]
}

const notConfigured = (name: string, setting: string): Finding =>
  fail(
    `Engine ${name}`,
    `${setting} names it, but it is not configured`,
    `Configure it: chatbot config set engines.${name}.baseUrl URL engines.${name}.model MODEL`,
  )

async function checkEngine(
  engine: ConfiguredEngine,
  answer: Config['answer'],
  running: RunningEngines | undefined,
): Promise<Finding> {
  const { name, kind, model, where } = engine
  const title = `Engine ${name}`
  const isFirst = name === answer.engine
  const used = isFirst ? 'answers first' : answer.fallbacks.includes(name) ? 'a fallback' : 'on request'
  const what = `${kind === name ? '' : `${kind}, `}${model === undefined ? '' : `${model} `}${where}; ${used}; `
  const health = await engine.check()
  const detail = what + health.detail
  // An engine that is not used by default may be off on purpose.
  if (health.state === 'fail') return (isFirst ? fail : warn)(title, detail, health.todo)
  const listed = running?.find((one) => one.name === name)
  if (running !== undefined && listed === undefined)
    return warn(title, `${what}not loaded by the running daemon yet`, 'chatbot restart')
  if (listed?.state === 'resting')
    return warn(
      title,
      `${what}paused after failures: ${listed.because ?? 'unknown'}`,
      `Test it: chatbot engines test ${name}`,
    )
  return { name: title, ...health, detail }
}
