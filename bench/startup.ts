/**
 * How long a command takes to start, against a bare oclif "hello" in the same run. Needs `npm run build`.
 *
 *     node bench/startup.ts [runs]
 *
 * `collections list` talks to a daemon stood in for by this process. Its start is over with its first call: what
 * comes after is printed too, but measures the command's work. Times are lower quartiles of the runs.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { API_PREFIX, VERSION_HEADER } from '../src/api/routes.ts'
import { packageRoot } from '../src/config/package-root.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import { version } from '../src/config/version.ts'

const RUNS = Number(process.argv[2] ?? 20)
const LIMIT = 2

const dir = mkdtempSync(join(tmpdir(), 'startup-'))
const dataDir = join(dir, 'data')
const env = { ...process.env, HOME: dir, XDG_CACHE_HOME: join(dir, 'cache'), CHATBOT_DATA_DIR: dataDir }

const chatbot = join(packageRoot(), 'bin', 'chatbot.js')
const programs = {
  'bare node': ['-e', '0'],
  'bare oclif hello': [writeHello(join(dir, 'hello')), 'hello'],
  'chatbot --version': [chatbot, '--version'],
  'chatbot collections list': [chatbot, 'collections', 'list'],
} as const

const FIRST_CALL = 'chatbot collections list, to its first call'

let firstCall: number | undefined
const daemon = await standInDaemon()
try {
  const times = new Map<string, number[]>([...Object.keys(programs), FIRST_CALL].map((name) => [name, []]))
  for (let run = -2; run < RUNS; run++) {
    // Interleaved, so that whatever else the machine does meets all of them; the first two warm the caches.
    for (const [name, args] of Object.entries(programs)) {
      const started = performance.now()
      firstCall = undefined
      await execute(args)
      if (run < 0) continue
      times.get(name)?.push(performance.now() - started)
      if (firstCall !== undefined) times.get(FIRST_CALL)?.push(firstCall - started)
    }
  }
  const hello = lowerQuartile(times.get('bare oclif hello') ?? [])
  for (const [name, all] of times) {
    const ms = lowerQuartile(all)
    console.log(
      `${name.padEnd(43)} ${ms.toFixed(0).padStart(4)} ms, ${(ms / hello).toFixed(2)} × a bare oclif hello`,
    )
  }
  const starts = ['chatbot --version', FIRST_CALL].map((name) => lowerQuartile(times.get(name) ?? []) / hello)
  if (Math.max(...starts) >= LIMIT) {
    console.log(`A command starts slower than ${LIMIT} × a bare oclif hello.`)
    process.exitCode = 1
  }
} finally {
  daemon.closeAllConnections()
  daemon.close()
  rmSync(dir, { recursive: true, force: true })
}

/** What `oclif generate` makes, with one command, its manifest and nothing else. */
function writeHello(root: string): string {
  const files = {
    'package.json': JSON.stringify({
      name: 'hello',
      version: '1.0.0',
      type: 'module',
      oclif: { bin: 'hello', commands: './dist/commands' },
    }),
    'oclif.manifest.json': JSON.stringify({
      version: '1.0.0',
      commands: {
        hello: {
          id: 'hello',
          aliases: [],
          args: {},
          flags: {},
          hasDynamicHelp: false,
          hiddenAliases: [],
          strict: true,
          isESM: true,
          pluginAlias: 'hello',
          pluginName: 'hello',
          pluginType: 'core',
          relativePath: ['dist', 'commands', 'hello.js'],
        },
      },
    }),
    'bin/run.js': "import { execute } from '@oclif/core'\nawait execute({ dir: import.meta.url })\n",
    'dist/commands/hello.js':
      "import { Command } from '@oclif/core'\nexport default class Hello extends Command {\n  async run() {\n    await this.parse(Hello)\n    this.log('hello')\n  }\n}\n",
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  symlinkSync(join(packageRoot(), 'node_modules'), join(root, 'node_modules'))
  return join(root, 'bin/run.js')
}

async function standInDaemon() {
  const paths = runtimePaths(dataDir)
  mkdirSync(paths.socketDir, { recursive: true, mode: 0o700 })
  const server = createServer((request, response) => {
    firstCall ??= performance.now()
    const ready = request.url === '/readyz'
    if (!ready && request.url !== `${API_PREFIX}/collections`) throw new Error(`unexpected ${request.url}`)
    response.setHeader(VERSION_HEADER, version)
    response.end(JSON.stringify(ready ? { status: 'ok', version } : { collections: [] }))
  })
  await new Promise<void>((resolve) => {
    server.listen(paths.socket, resolve)
  })
  return server
}

function execute(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${args.join(' ')} ended with status ${code}`))
    })
  })
}

/** What else the machine does only ever adds time, and not to all programs alike. */
function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 4)] ?? 0
}
