/** What the pages tell a reader to type works, as it stands there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, globSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'
import { type Workspace, workspace } from '../support/cli.ts'
import { type CodeBlock, codeBlocks } from '../support/code-blocks.ts'
import { type HubServer, startHub } from '../support/hub-server.ts'
import { tinyChatModel } from '../support/tiny-chat-model.ts'
import { tinyEmbedder, tinyReranker } from '../support/tiny-models.ts'

const pages = ['README.md', ...globSync('docs/*.md', { cwd: packageRoot() }).toSorted()]
const blocksOf = (page: string) => codeBlocks(readFileSync(join(packageRoot(), page), 'utf8'))

/** An indented block cannot say what it is: it is for the shell. */
const isShell = ({ language }: CodeBlock) => language === undefined || /^(?:sh|bash|shell)$/.test(language)
const runs = (block: CodeBlock) => isShell(block) && block.notRun === undefined

/** What is there before a page's first command, as its text has it. */
const BEFORE: Readonly<Record<string, string>> = {
  'docs/ENGINES.md': 'chatbot models pull tiny/chat && chatbot models use tiny/chat',
  'docs/INDEX.md': 'chatbot models pull Xenova/bge-small-en-v1.5',
  'docs/MODELS.md': 'chatbot models pull Xenova/bge-small-en-v1.5',
  'docs/SECURITY.md': 'echo "a long enough password" | chatbot users add anna',
}

/** A reader is asked before these, on a terminal, and says yes. */
const ASKS = ['sources rm *', 'sources sync *--prune', 'restore *', 'keys revoke *']

let space: Workspace
let hub: HubServer
beforeAll(async () => {
  const served = (commit: string, files: Readonly<Record<string, string | Uint8Array>>) => ({
    commit: commit.repeat(40),
    files: new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
    card: { license: 'mit' },
  })
  const chat = tinyChatModel({ says: ['The', 'key', 'rotates', 'daily', '[1].'] })
  hub = await startHub({
    'HuggingFaceTB/SmolLM2-360M-Instruct': served('a', chat),
    'tiny/chat': served('b', chat),
    'Xenova/bge-small-en-v1.5': served('c', tinyEmbedder()),
    'Xenova/ms-marco-MiniLM-L-6-v2': served('d', tinyReranker()),
  })
  space = await workspace()
  layOut()
  await passes('chatbot ingest handbook --collection handbook')
}, 240_000)
afterAll(async () => {
  await space?.[Symbol.asyncDispose]()
  await hub?.[Symbol.asyncDispose]()
})

/** A small checkout, with documents, questions and the programs that a block calls. */
function layOut(): void {
  for (const path of ['bin', 'Makefile']) symlinkSync(join(packageRoot(), path), join(space.dir, path))
  for (const path of [
    'README.md',
    'docs/INDEX.md',
    'examples/run.sh',
    'examples/xquad/en/super-bowl-50/1.md',
    'examples/xquad/ru/warsaw/5.md',
  ])
    cpSync(join(packageRoot(), path), join(space.dir, path))
  const questions = [
    { question: 'How often does the signing key rotate?', answers: ['90 days'], documents: ['keys.md'] },
    { question: 'Кто хранит ключ?', answers: ['Анна'], documents: ['ключ.md'] },
    { question: 'Who is the mayor of Paris?', answerable: false },
  ]
  space.write({
    'handbook/keys.md': '# Keys\n\nThe signing key rotates every 90 days.\n',
    'handbook/ключ.md': '# Ключ\n\nКлюч хранит Анна.\n',
    'notes/tea.md': '# Tea\n\nTea is drunk at five.\n',
    'questions.jsonl': questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
    'phrase.txt': 'a passphrase that is long enough\n',
    'programs/chatbot': `#!/bin/sh
case "$*" in ${ASKS.map((call) => call.replaceAll(' ', '\\ ')).join('|')}) set -- "$@" --yes ;; esac
exec '${process.execPath}' '${join(packageRoot(), 'bin', 'chatbot.js')}' "$@"\n`,
    // What is built and installed is not built and installed again.
    'programs/make': `#!/bin/sh\nPATH='${space.env.PATH}' exec make -o build -o install "$@"\n`,
  })
  for (const name of ['chatbot', 'make']) chmodSync(join(space.dir, 'programs', name), 0o755)
}

/** As somebody types it who stops at the first command that fails. */
async function passes(block: string): Promise<void> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', block], {
    cwd: space.dir,
    env: {
      ...space.env,
      PATH: `${join(space.dir, 'programs')}:${space.env.PATH}`,
      HF_ENDPOINT: hub.endpoint,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect(code, `${block}\n${stdout}\n${stderr}`).toBe(0)
}

describe.each(pages.filter((page) => blocksOf(page).some(runs)))('%s', (page) => {
  beforeAll(async () => {
    await passes(`chatbot stop && rm -rf "$HOME/.config" && ${BEFORE[page] ?? 'true'}`)
  }, 120_000)

  test.each(blocksOf(page).filter(runs))('$text', { timeout: 300_000 }, ({ text }) => passes(text))
})
