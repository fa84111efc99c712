/**
 * Pulls models that are served over loopback, each cut again and again at random: by the server in the middle of a
 * file, and by kill -9 of the command. At the end each is whole, verified and loads; before the end none shows.
 *
 *     node bench/pull.ts [../shared/models [CUTS]]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { cachedModels } from '../models/hub/cache.ts'
import { type ServedRepository, servedFolder, startHub } from '../test/support/hub-server.ts'

const folder = resolve(process.argv[2] ?? '../shared/models')
const CUTS = Number(process.argv[3] ?? 20)
const CHATBOT = new URL('../bin/chatbot.js', import.meta.url).pathname
const names = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'config.json')))
  : []
if (names.length === 0) {
  console.log(`${folder} holds no models: none was pulled.`)
  process.exit(0)
}

const repositories: Record<string, ServedRepository> = {}
for (const name of names)
  repositories[`served/${name}`] = servedFolder(join(folder, name), 'beef'.padEnd(40, '0'))
const hub = await startHub(repositories)
const home = mkdtempSync(join(tmpdir(), 'chatbot-pull-'))
const env = { ...process.env, HOME: home, HF_HOME: home, HF_ENDPOINT: hub.endpoint, NO_PROXY: '127.0.0.1' }

let failed = false
for (const name of Object.keys(repositories)) {
  const started = performance.now()
  let killed = 0
  let cuts = 0
  let early = 0
  // Odd rounds: the server ends the connection somewhere; even ones: the command is killed.
  for (let round = 0; round < CUTS; round++) {
    const byServer = round % 2 === 1
    let cutBefore = false
    hub.fault = ({ origin }) => {
      if (origin !== 'cdn') return undefined
      // Slow enough to be killed inside.
      if (!byServer) return { bytesPerSecond: 40e6 }
      if (cutBefore) return { status: 418 }
      cutBefore = true
      cuts++
      return { cutAfter: Math.floor(Math.random() * 3e6) }
    }
    const child = chatbot('models', 'pull', name, '--accept-licence')
    if (!byServer) {
      await Promise.race([child.ended, setTimeout(300 + Math.random() * 700)])
      if (child.kill()) killed++
    }
    await child.ended
    if ((await cachedModels(join(home, 'hub'))).some((model) => model.name === name)) {
      early++
      break
    }
  }
  hub.fault = () => undefined
  const pulled = await chatbot('models', 'pull', name, '--accept-licence').ended
  const verified = await chatbot('models', 'verify', name).ended
  const right = pulled === 0 && verified === 0 && early === 0
  failed ||= !right
  console.log(
    `${name}: killed ${killed} times, cut ${cuts} times, then pulled (${pulled}) and verified (${verified}) after ${((performance.now() - started) / 1000).toFixed(0)} s${early > 0 ? ', but whole before the last round' : ''}${right ? '' : '  ✗'}`,
  )
}
await hub[Symbol.asyncDispose]()
rmSync(home, { recursive: true })
process.exit(failed ? 1 : 0)

function chatbot(...args: string[]) {
  const child = spawn(process.execPath, [CHATBOT, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString()
  })
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      if (process.env.DEBUG) console.log(errors)
      done(code)
    })
  })
  return { ended, kill: () => child.exitCode === null && child.kill('SIGKILL') }
}
