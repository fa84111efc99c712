/** Runs the built `chatbot` as a user does: a process of its own, with a home and a data directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { packageRoot } from '../../src/config/package-root.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { COMPILE_CACHE, FEW_THREADS, placeReadyDatabase } from './ready.ts'

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface Workspace extends AsyncDisposable {
  /** A folder of its own, with `home`, `data` and what `write` puts there. */
  readonly dir: string
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  /** Paths are relative to `dir`. */
  write: (files: Readonly<Record<string, string | Buffer>>) => void
  run: (args: readonly string[], options?: RunOptions) => Promise<Finished>
  /** The JSON document on stdout; throws when there is none. */
  json: (args: readonly string[], options?: RunOptions) => Promise<{ code: number | null; document: unknown }>
  /** Not awaited: for signals and pipes. */
  start: (args: readonly string[], options?: RunOptions) => Running
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  /** Resolves when stdout or stderr has held this. */
  seen: (pattern: RegExp) => Promise<void>
}

const CHATBOT = join(packageRoot(), 'bin', 'chatbot.js')

export interface WorkspaceOptions {
  /** What is run instead of this checkout's. */
  readonly program?: string
  /** Without it the first daemon makes it, as it does on a new machine; and there is no data directory before. */
  readonly database?: 'ready' | 'none'
}

/** Disposing stops the daemon and removes the folder. */
export async function workspace({
  program = CHATBOT,
  database = 'ready',
}: WorkspaceOptions = {}): Promise<Workspace> {
  if (!existsSync(join(packageRoot(), 'dist', 'commands'))) throw new Error('run `npm run build` first')
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'chatbot-e2e-')))
  const dataDir = join(dir, 'data')
  mkdirSync(join(dir, 'home'))
  if (database === 'ready') await placeReadyDatabase(runtimePaths(dataDir).database)
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: join(dir, 'home'),
    LANG: 'C.UTF-8',
    CHATBOT_DATA_DIR: dataDir,
    CHATBOT_SERVER_PORT: '0',
    // Slow machines that run other tests too.
    CHATBOT_DAEMON_START_TIMEOUT_MS: '120000',
    ...COMPILE_CACHE,
    ...FEW_THREADS,
  }
  const start = (args: readonly string[], options: RunOptions = {}) =>
    execute([program, ...args], { cwd: dir, ...options, env: { ...env, ...options.env } })
  return {
    dir,
    dataDir,
    env,
    start,
    run: (args, options) => start(args, options).finished,
    async json(args, options) {
      const { code, stdout, stderr } = await start([...args, '--json'], options).finished
      try {
        return { code, document: JSON.parse(stdout) }
      } catch {
        throw new Error(`no JSON document from ${args.join(' ')}:\n${stdout}\n${stderr}`)
      }
    },
    write(files) {
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true })
        writeFileSync(join(dir, path), content)
      }
    },
    async [Symbol.asyncDispose]() {
      await start(['stop']).finished
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Runs Node on a script with its arguments. */
export function execute(
  args: readonly string[],
  { input, ...options }: Omit<RunOptions, 'env'> & { readonly env: NodeJS.ProcessEnv },
): Running {
  const child = spawn(process.execPath, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  const out = { stdout: '', stderr: '' }
  const waiting: { pattern: RegExp; resolve: () => void }[] = []
  const collect = (name: 'stdout' | 'stderr') => (text: string) => {
    out[name] += text
    for (const { pattern, resolve } of waiting) if (pattern.test(out[name])) resolve()
  }
  child.stdout.setEncoding('utf8').on('data', collect('stdout'))
  child.stderr.setEncoding('utf8').on('data', collect('stderr'))
  // A program that does not read its input closes it.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...out }))
  })
  return {
    child,
    finished,
    seen: (pattern) =>
      Promise.race([
        new Promise<void>((resolve) => {
          waiting.push({ pattern, resolve })
          if (pattern.test(out.stdout) || pattern.test(out.stderr)) resolve()
        }),
        finished.then(({ code, stdout, stderr }) => {
          if (pattern.test(stdout) || pattern.test(stderr)) return
          throw new Error(`ended with ${code} before ${pattern}:\n${stdout}\n${stderr}`)
        }),
      ]),
  }
}
