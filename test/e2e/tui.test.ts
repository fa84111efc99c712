/** The chat in a real terminal (tmux) with the real daemon. Needs a build: `make test` makes one. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'

const run = promisify(execFile)
const CHATBOT = join(packageRoot(), 'bin', 'chatbot.js')
const DEADLINE_MS = 60_000

const available = hasTmux()
if (!available && process.env.CI === 'true') throw new Error('tmux is needed for the test of the chat')
if (!available) process.stderr.write('!! tmux is missing: the chat is NOT tested in a real terminal.\n')

const home = mkdtempSync(join(tmpdir(), 'chat-e2e-'))
const env = {
  PATH: process.env.PATH,
  HOME: home,
  LANG: 'C.UTF-8',
  TERM: 'xterm-256color',
  CHATBOT_DATA_DIR: join(home, 'data'),
  CHATBOT_SERVER_PORT: '0',
}
const chatbot = (...args: string[]) => run(process.execPath, [CHATBOT, ...args], { env, cwd: home })

beforeAll(async () => {
  const documents = join(home, 'documents')
  mkdirSync(documents)
  writeFileSync(
    join(documents, 'lighthouse.md'),
    '# Lighthouse\n\nThe lighthouse on Gull Island was built in 1874 by the engineer Ada Morrow.\n\nIts lamp burns rapeseed oil.\n',
  )
  writeFileSync(
    join(documents, 'маяк.md'),
    '# Маяк\n\nМаяк на острове Чаек построила в 1874 году инженер Ада Морроу.\n\nЛампа маяка горит на рапсовом масле.\n',
  )
  await chatbot('ingest', 'documents', '--collection', 'island')
})

afterAll(async () => {
  await chatbot('stop').catch(() => {})
  rmSync(home, { recursive: true, force: true })
})

test.skipIf(!available)(
  'asks in two languages, survives resizing and the death of the daemon, goes on later, leaves the terminal as it was',
  async () => {
    await using terminal = await openTerminal(90, 30)
    await terminal.keys('-l', `${process.execPath} ${CHATBOT} chat; echo "left with $?"`)
    await terminal.keys('Enter')
    await terminal.until(/2 documents in 1 collection · \/help/)

    await terminal.ask('Who built the lighthouse on Gull Island?')
    await terminal.until(/Ada Morrow[\s\S]*\[1\] documents\/\S+\.md:3[\s\S]*extractive/)
    await terminal.ask('На чём горит лампа маяка?')
    await terminal.until(/рапсовом масле[\s\S]*\[1\] documents\/\S+\.md:5/)
    await terminal.ask('/sources')
    await terminal.until(/┃ .*рапсовом масле/)

    await terminal.resize(20, 10)
    await terminal.ask('/help')
    await terminal.until(/Keys/)
    await terminal.resize(90, 30)

    process.kill(daemonPid(), 'SIGKILL')
    await terminal.until(/Connected again\./)
    await terminal.ask('Who built the lighthouse on Gull Island?')
    await terminal.until(/Connected again\.[\s\S]*Ada Morrow[\s\S]*extractive/)

    await terminal.keys('C-c')
    await terminal.until(/Press Ctrl-C again to quit/)
    await terminal.keys('C-c')
    await terminal.until(
      /Conversation (\S+)\. To continue it: chatbot chat --conversation \1[\s\S]*left with 0/,
    )
    expect(await terminal.settings()).toMatch(/(?<!-)icanon/)
    expect(await terminal.settings()).toMatch(/(?<!-)echo\b/)

    const [, conversation] = /Conversation ([\w-]+)\./.exec(await terminal.text()) ?? []
    await terminal.keys('-l', `clear; ${process.execPath} ${CHATBOT} chat --conversation ${conversation}`)
    await terminal.keys('Enter')
    await terminal.until(/Continuing “Who built[\s\S]*рапсовом масле[\s\S]*Enter sends/)
    await terminal.keys('Up')
    await terminal.until(/› Who built the lighthouse on Gull Island\?\s*$/)
    await terminal.keys('C-c')
    await terminal.keys('C-d')
    await terminal.until(/To continue it/)
  },
  180_000,
)

test.skipIf(!available)(
  'a signal leaves the terminal as it was',
  async () => {
    await using terminal = await openTerminal(80, 24)
    const pidFile = join(home, 'chat.pid')
    const chat = `sh -c 'echo $$ > ${pidFile}; exec ${process.execPath} ${CHATBOT} chat'`
    await terminal.keys('-l', `${chat}; echo "left with $?"`)
    await terminal.keys('Enter')
    await terminal.until(/Enter sends/)
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM')
    await terminal.until(/left with 130/)
    expect(await terminal.settings()).toMatch(/(?<!-)icanon/)
    expect(await terminal.cursorShown()).toBe(true)
  },
  180_000,
)

test('without a terminal it says which command is for pipes', () => {
  const { status, stderr } = spawnSync(process.execPath, [CHATBOT, 'chat'], {
    env,
    encoding: 'utf8',
    input: '',
  })
  expect(status).toBe(2)
  expect(stderr).toContain('chatbot chat needs a terminal')
  expect(stderr).toContain('chatbot ask')
})

const daemonPid = (): number =>
  Number(/"pid":\s*(\d+)/.exec(readFileSync(join(home, 'data', 'daemon.json'), 'utf8'))?.[1])

interface Terminal extends AsyncDisposable {
  keys: (...keys: string[]) => Promise<void>
  ask: (text: string) => Promise<void>
  resize: (columns: number, rows: number) => Promise<void>
  /** Scrollback and screen. */
  text: () => Promise<string>
  until: (expected: RegExp) => Promise<void>
  /** Of the terminal driver, as stty prints them. */
  settings: () => Promise<string>
  cursorShown: () => Promise<boolean>
}

let terminals = 0

async function openTerminal(columns: number, rows: number): Promise<Terminal> {
  const socket = `chatbot-test-${process.pid}-${terminals++}`
  const tmux = async (...args: string[]) =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...args], { env })).stdout
  await tmux('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, '-c', home, 'sh')
  const text = () => tmux('capture-pane', '-p', '-J', '-S', '-')
  const terminal: Terminal = {
    async keys(...keys) {
      await tmux('send-keys', ...keys)
    },
    async ask(question) {
      await terminal.keys('-l', question)
      await terminal.keys('Enter')
    },
    async resize(width, height) {
      await tmux('resize-window', '-x', `${width}`, '-y', `${height}`)
    },
    text,
    async until(expected) {
      const deadline = performance.now() + DEADLINE_MS
      while (!expected.test(await text())) {
        if (performance.now() > deadline) throw new Error(`never seen: ${expected}\n${await text()}`)
        await pause(50)
      }
    },
    async settings() {
      const tty = (await tmux('display-message', '-p', '#{pane_tty}')).trim()
      return (await run('stty', ['-a', '-F', tty])).stdout
    },
    async cursorShown() {
      return (await tmux('display-message', '-p', '#{cursor_flag}')).trim() === '1'
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => {})
    },
  }
  return terminal
}

/** Where this may install packages, a missing tmux is no reason not to test. */
function hasTmux(): boolean {
  const script = 'command -v tmux || { [ "$(id -u)" = 0 ] && apt-get install -y tmux && command -v tmux; }'
  return spawnSync('sh', ['-c', script], { stdio: 'ignore' }).status === 0
}
