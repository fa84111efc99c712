/** Finds, checks and runs the external programs of a deployment. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ChatbotError } from '../domain/errors.ts'
import { escapedLine } from '../domain/escaped-json.ts'

export type ToolName = 'docker' | 'podman' | 'helm' | 'kubectl' | 'minikube' | 'sh'

const WHERE: Readonly<Record<ToolName, string>> = {
  docker: 'https://docs.docker.com/get-docker (or podman: https://podman.io)',
  podman: 'https://podman.io/docs/installation',
  helm: 'https://helm.sh/docs/intro/install',
  kubectl: 'https://kubernetes.io/docs/tasks/tools',
  minikube: 'https://minikube.sigs.k8s.io/docs/start',
  sh: 'your system',
}

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ToolOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Readable
  /** Ends the program. */
  readonly signal?: AbortSignal
  /** Shows its output live, with terminal control characters escaped. */
  readonly inherit?: boolean
}

/** Runs a program to its end, whatever its exit status. Throws `tool_missing`, and `cancelled` when aborted. */
export async function run(
  tool: ToolName,
  args: readonly string[],
  { env = {}, input, signal, inherit = false }: ToolOptions = {},
): Promise<Finished> {
  signal?.throwIfAborted()
  const child = spawn(tool, args, {
    env: { ...process.env, ...env },
    stdio: 'pipe',
  })
  const out = { stdout: '', stderr: '' }
  const showing: Promise<unknown>[] = []
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name].setEncoding('utf8')
    if (inherit) showing.push(pipeline(stream, harmless, process[name], { end: false }))
    else
      stream.on('data', (text: string) => {
        out[name] += text
      })
  }
  const end = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', end)
  const closed = new Promise<number>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? missing(tool) : ChatbotError.wrap(error, 'tool_missing', `${tool}: `)),
    )
    child.on('close', (code) => resolve(code ?? 1))
  })
  // A program that fails early closes its input: its exit status is the better error.
  const { stdin } = child
  stdin?.on('error', () => undefined)
  const fed =
    typeof input === 'object' && stdin !== null
      ? pipeline(input, stdin).catch(() => undefined)
      : stdin?.end(input)
  try {
    const code = await closed
    await fed
    await Promise.all(showing)
    return { code, ...out }
  } finally {
    signal?.removeEventListener('abort', end)
  }
}

async function* harmless(texts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield escapedLine(text)
}

/** The program's output; throws `deploy_failed` with its error if it fails. */
export async function output(
  tool: ToolName,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const finished = await run(tool, args, options)
  if (finished.code !== 0) throw failed(tool, args, finished)
  return finished.stdout
}

export function failed(
  tool: ToolName,
  args: readonly string[],
  { code, stdout, stderr }: Finished,
): ChatbotError {
  const words = lastLinesOf(stderr.trim() || stdout.trim(), 15)
  const what = args.filter((arg) => !arg.startsWith('-')).slice(0, 2)
  return new ChatbotError(
    'deploy_failed',
    `\`${[tool, ...what].join(' ')}\` failed with status ${code}: ${words}`,
  )
}

export const lastLinesOf = (text: string, lines: number): string =>
  text.trimEnd().split('\n').slice(-lines).join('\n')

const missing = (tool: ToolName) =>
  new ChatbotError('tool_missing', `${tool} is needed and not installed. Get it from ${WHERE[tool]}.`)

/** `needs`: the minimum version, as [major, minor]. */
const VERSIONS: Readonly<
  Record<'docker' | 'podman' | 'compose' | 'helm' | 'kubectl' | 'minikube', readonly [number, number]>
> = {
  docker: [24, 0],
  podman: [5, 0],
  compose: [2, 20],
  helm: [3, 16],
  kubectl: [1, 28],
  minikube: [1, 32],
}

const ASK: Readonly<Record<'docker' | 'podman' | 'helm' | 'kubectl' | 'minikube', readonly string[]>> = {
  docker: ['version', '--format', '{{.Client.Version}}'],
  podman: ['version', '--format', '{{.Client.Version}}'],
  helm: ['version', '--template', '{{.Version}}'],
  kubectl: ['version', '--client', '--output', 'json'],
  minikube: ['version', '--short'],
}

/** The program's version. Throws `tool_missing` if it is missing or too old. */
export async function checkTool(tool: keyof typeof ASK): Promise<string> {
  // If docker cannot reach its engine, it still prints its version, but exits with 1.
  const { stdout, stderr } = await run(tool, ASK[tool])
  return newEnough(tool, tool, stdout + stderr)
}

/** The version of `docker compose`. Throws `tool_missing`. */
export async function checkCompose(engine: 'docker' | 'podman'): Promise<string> {
  const { code, stdout } = await run(engine, ['compose', 'version', '--short'])
  if (code !== 0) {
    throw new ChatbotError(
      'tool_missing',
      `\`${engine} compose\` is needed and not installed. Get it from https://docs.docker.com/compose/install.`,
    )
  }
  return newEnough('compose', engine, stdout)
}

function newEnough(name: keyof typeof VERSIONS, tool: ToolName, text: string): string {
  const [version, major, minor] = /v?(?<!\d)(\d+)\.(\d+)[\w.+-]*/.exec(text) ?? []
  if (version === undefined) {
    throw new ChatbotError('tool_missing', `${name} did not report its version: ${lastLinesOf(text, 3)}`)
  }
  const [wantedMajor, wantedMinor] = VERSIONS[name]
  const behind = Number(major) - wantedMajor || Number(minor) - wantedMinor
  if (behind >= 0) return version
  throw new ChatbotError(
    'tool_missing',
    `${name} ${version} is too old: ${wantedMajor}.${wantedMinor} or newer is needed. Get it from ${WHERE[tool]}.`,
  )
}

/** The running container engine of this machine. Throws `tool_missing`, or `deploy_failed` if it is not running. */
export async function containerEngine(): Promise<'docker' | 'podman'> {
  const engine = await installedEngine()
  if (engine === undefined) throw missing('docker')
  const { code, stderr } = await run(engine, ['version', '--format', '{{.Server.Version}}'])
  if (code === 0) return engine
  throw new ChatbotError(
    'deploy_failed',
    `${engine} cannot reach its engine: ${lastLinesOf(stderr, 3)}\nStart it, then try again.`,
  )
}

async function installedEngine(): Promise<'docker' | 'podman' | undefined> {
  for (const engine of ['docker', 'podman'] as const) {
    try {
      await checkTool(engine)
      return engine
    } catch (error) {
      if (!(error instanceof ChatbotError && error.message.includes('not installed'))) throw error
    }
  }
  return undefined
}
