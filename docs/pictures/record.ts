/**
 * Records the terminal sessions that the README shows, with the real program on real data:
 *
 *     node docs/pictures/record.ts [run|chat]…
 *
 * `run` clones this repository and runs `make run` there with an empty home folder, as a stranger would.
 */
import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Picture, toSvg } from './svg.ts'
import { RecordedTerminal, type Size } from './terminal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pictures = fileURLToPath(new URL('.', import.meta.url))
const LARGEST_BYTES = 300_000

interface Recording {
  readonly title: string
  readonly size: Size
  record: (size: Size) => Promise<Pick<Picture, 'frames' | 'readyAt'>>
}

const RECORDINGS: Readonly<Record<string, Recording>> = {
  run: {
    title: 'make run, in a fresh clone (waiting shortened)',
    size: { columns: 92, rows: 28 },
    record: recordRun,
  },
  chat: { title: 'chatbot chat', size: { columns: 92, rows: 30 }, record: recordChat },
}

const QUESTIONS = [
  "Who agreed to finance Tesla's electric lighting company?",
  'Когда в Варшаве была основана первая фондовая биржа?',
]

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(RECORDINGS)
for (const name of wanted) {
  const recording = RECORDINGS[name]
  if (recording === undefined) throw new Error(`no recording ${name}: ${Object.keys(RECORDINGS).join(', ')}`)
  const recorded = await recording.record(recording.size)
  const svg = toSvg({ ...recording, ...recorded })
  if (svg.length > LARGEST_BYTES) throw new Error(`${name}.svg would have ${svg.length} bytes`)
  await writeFile(join(pictures, `${name}.svg`), svg)
  process.stdout.write(`${name}.svg: ${svg.length} bytes\n`)
}

async function recordRun(size: Size) {
  return inNewHome(async (home, env) => {
    const clone = join(home, 'chatbot')
    await promisify(execFile)('git', ['clone', '--quiet', root, clone])
    await using terminal = new RecordedTerminal(atPrompt('make run'), size, { cwd: clone, env })
    await terminal.until(/\/help/)
    const readyAt = terminal.elapsed
    await converse(terminal)
    await terminal.type('/quit\r')
    return { readyAt, frames: await terminal.ended() }
  })
}

async function recordChat(size: Size) {
  return inNewHome(async (_home, env) => {
    const chatbot = `${process.execPath} ${join(root, 'bin/chatbot.js')}`
    await promisify(execFile)('sh', ['-c', `${chatbot} ingest examples/xquad --collection examples`], {
      cwd: root,
      env,
    })
    const command = atPrompt('chatbot chat', `${chatbot} chat`)
    await using terminal = new RecordedTerminal(command, size, { cwd: root, env })
    await terminal.until(/\/help/)
    const readyAt = terminal.elapsed
    await converse(terminal)
    await terminal.type('/sources 1\r')
    await sleep(1500)
    await terminal.type('/quit\r')
    return { readyAt, frames: await terminal.ended() }
  })
}

/** A command as it looks at a prompt, and what is really run for it. */
function atPrompt(shown: string, run = shown): string {
  return `printf '\\033[32m$\\033[0m %s\\n' '${shown}'; ${run}`
}

async function converse(terminal: RecordedTerminal): Promise<void> {
  for (const question of QUESTIONS) {
    await sleep(800)
    await terminal.type(`${question}\r`)
    await terminal.until(
      new RegExp(`${question.replace('?', '\\?')}[\\s\\S]*(extractive|from the cache)[\\s\\S]*Enter sends`),
    )
    await sleep(1500)
  }
}

async function inNewHome<T>(use: (home: string, env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  // Seen in the picture. It must not be there yet: nothing of anybody's is overwritten.
  const home = join(tmpdir(), 'you')
  await mkdir(home)
  const { PATH = '', NODE_EXTRA_CA_CERTS, npm_config_registry } = process.env
  // What make and npm put in front is not on a stranger's path.
  const path = PATH.split(':').filter((folder) => !folder.includes('node_modules'))
  const env = {
    PATH: path.join(':'),
    NODE_EXTRA_CA_CERTS,
    npm_config_registry,
    HOME: home,
    LANG: 'C.UTF-8',
    CHATBOT_SERVER_PORT: '0',
    NO_UPDATE_NOTIFIER: '1',
  }
  try {
    return await use(home, env)
  } finally {
    await promisify(execFile)(process.execPath, [join(root, 'bin/chatbot.js'), 'stop'], { env }).catch(
      () => {},
    )
    await rm(home, { recursive: true, force: true })
  }
}
