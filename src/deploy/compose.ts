/** The compose project: the daemon, PostgreSQL and Redis on one machine. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { packageRoot } from '../config/package-root.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { printable } from '../domain/printable.ts'
import { deployFolder } from './state.ts'
import { failed, lastLinesOf, output, run, type ToolOptions } from './tool.ts'

const FOLDER = join(packageRoot(), 'deploy/docker')
const WAIT_SECONDS = 600

/** Variables of compose.yaml, kept between runs. */
export type ComposeVariables = Readonly<Record<string, string>>

export interface ComposeProject {
  /** Contains secrets and variables; 0700. */
  readonly folder: string
  readonly variables: ComposeVariables
  run: (args: readonly string[], options?: ToolOptions) => ReturnType<typeof run>
  output: (args: readonly string[]) => Promise<string>
  /** The project with these changes applied; secrets appear as file names. */
  plan: (changes: ComposeVariables) => Promise<string>
  /** Saves changes for this and later runs. */
  set: (changes: ComposeVariables) => void
}

export function composeProject(engine: 'docker' | 'podman', env: NodeJS.ProcessEnv): ComposeProject {
  const folder = join(deployFolder(env), 'compose')
  const file = join(folder, 'variables.json')
  let variables: ComposeVariables = existsSync(file)
    ? z.record(z.string(), z.string()).parse(parseJson(readFileSync(file, 'utf8')))
    : {}
  const compose = ['compose', '--project-name', 'chatbot', '--file', join(FOLDER, 'compose.yaml')]
  const environment = (changes: ComposeVariables = {}) => ({
    ...variables,
    ...changes,
    CHATBOT_SECRETS: join(folder, 'secrets'),
  })
  return {
    folder,
    get variables() {
      return variables
    },
    run: (args, options = {}) => run(engine, [...compose, ...args], { ...options, env: environment() }),
    output: (args) => output(engine, [...compose, ...args], { env: environment() }),
    plan: (changes) => output(engine, [...compose, 'config'], { env: environment(changes) }),
    set(changes) {
      variables = { ...variables, ...changes }
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(file, `${JSON.stringify(variables, null, 2)}\n`, { mode: 0o600 })
    },
  }
}

/** Creates missing secrets and keeps existing ones. */
export async function makeSecrets({ folder }: ComposeProject): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await output('sh', [join(FOLDER, 'secrets.sh'), join(folder, 'secrets')])
}

const serviceSchema = z.object({
  Name: z.string(),
  Service: z.string(),
  Image: z.string().default(''),
  State: z.string(),
  Health: z.string().default(''),
  ExitCode: z.int().default(0),
})

/** A container of the project: `Service`, `State` (running, exited, …) and `Health` as compose reports them. */
export type Container = z.output<typeof serviceSchema>

export async function containers(project: ComposeProject): Promise<Container[]> {
  const text = (await project.output(['ps', '--all', '--format', 'json'])).trim()
  if (text === '') return []
  // One document per line or, in older versions, one list.
  const documents: unknown[] = text.startsWith('[')
    ? z.array(z.unknown()).parse(parseJson(text))
    : text.split('\n').map((line) => parseJson(line))
  return documents.map((document) => serviceSchema.parse(document))
}

/**
 * Starts or changes the project and waits until all of it is healthy. On failure, the error names the unhealthy
 * containers with reasons, and the `previous` variables, if any, are restored. Throws `deploy_failed`.
 */
export async function bringUp(
  project: ComposeProject,
  previous: ComposeVariables | undefined,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (message: string) => void },
): Promise<void> {
  const args = [
    'up',
    '--detach',
    '--wait',
    '--wait-timeout',
    String(WAIT_SECONDS),
    '--no-build',
    '--remove-orphans',
  ]
  const up = await project.run(args, { signal })
  if (up.code === 0) return
  if (signal.aborted)
    throw new ChatbotError('cancelled', 'Stopped. Run the command again, or `chatbot deploy down`.')
  const parts = [failed('docker', ['compose', ...args], up).message, await unhealthy(project)]
  if (previous === undefined) {
    parts.push(
      'This was the first deployment: it is left in place for inspection. `chatbot deploy down` removes it.',
    )
  } else {
    onProgress('Going back to the previous version…')
    project.set(previous)
    const back = await project.run(args)
    parts.push(
      back.code === 0
        ? `Went back to ${previous.CHATBOT_IMAGE}, which is running.`
        : `Going back failed too: ${printable(lastLinesOf(back.stderr, 5))}`,
    )
  }
  throw new ChatbotError('deploy_failed', parts.filter((part) => part !== '').join('\n'))
}

async function unhealthy(project: ComposeProject): Promise<string> {
  const all = await containers(project).catch(() => [])
  const unwell = all.filter(
    ({ State, Health }) => State !== 'running' || (Health !== '' && Health !== 'healthy'),
  )
  const found = await Promise.all(
    unwell.map(async ({ Name, Service, Image, State, Health, ExitCode }) => {
      const { stdout } = await project.run(['logs', '--no-log-prefix', '--tail', '15', Service])
      const state = State === 'exited' ? `exited with ${ExitCode}` : `${State} ${Health}`
      return `  ${Name} (${Image}): ${state}\n${stdout.trimEnd().replace(/^/gm, '    ')}`
    }),
  )
  return found.length === 0 ? '' : printable(`Unhealthy:\n${found.join('\n')}`)
}
