import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'
import { execute } from '../support/cli.ts'

/** The executable in packages that are not whole, and under a Node that says it is older than it is. */
let dir: string
let bin: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bin-'))
  cpSync(join(packageRoot(), 'bin'), join(dir, 'bin'), { recursive: true })
  cpSync(join(packageRoot(), 'package.json'), join(dir, 'package.json'))
  writeFileSync(join(dir, 'old.cjs'), "Object.defineProperty(process, 'version', { value: 'v20.18.0' })\n")
  bin = join(dir, 'bin/chatbot.js')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const run = (args: readonly string[]) => execute(args, { env: { PATH: process.env.PATH, HOME: dir } })

/** A stand-in for the checkout's own Node. */
function ownNode(script: string): void {
  mkdirSync(join(dir, 'node_modules/.bin'), { recursive: true })
  writeFileSync(join(dir, 'node_modules/.bin/node'), `#!${process.execPath}\n${script}\n`, { mode: 0o755 })
}

test('a Node that is too old is told which one is needed', async () => {
  const { code, stdout, stderr } = await run(['-r', join(dir, 'old.cjs'), bin, 'status']).finished
  expect(code).toBe(3)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/needs Node\.js 22\.\d+ or newer; this is v20\.18\.0/)
  expect(stderr).toContain('nvm install')
})

test('in a checkout the old Node hands over to its own, with arguments and exit status', async () => {
  ownNode('console.log(JSON.stringify(process.argv.slice(2))); process.exit(7)')
  const { code, stdout } = await run(['-r', join(dir, 'old.cjs'), bin, 'ask', 'two words']).finished
  expect(JSON.parse(stdout)).toEqual([bin, 'ask', 'two words'])
  expect(code).toBe(7)
})

test('signals reach the Node that it handed over to', async () => {
  ownNode("process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up')")
  const { child, finished, seen } = run(['-r', join(dir, 'old.cjs'), bin, 'start', '--foreground'])
  await seen(/up/)
  child.kill('SIGTERM')
  expect((await finished).code).toBe(5)
})

test('a checkout that is not built says how to build it', async () => {
  symlinkSync(join(packageRoot(), 'node_modules'), join(dir, 'node_modules'))
  const { code, stderr } = await run([bin, 'status']).finished
  expect(code).toBe(3)
  expect(stderr).toContain('make build')
})
