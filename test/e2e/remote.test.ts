/** Commands on a remote daemon: logins, contexts and keys, as a user types them. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { runtimePaths } from '../../src/config/runtime-paths.ts'
import { type Workspace, workspace } from '../support/cli.ts'

let here: Workspace
let server = ''
const PASSWORD = 'a long enough password'

beforeAll(async () => {
  here = await workspace()
  // Every command finds its access token too old, and takes the next one.
  await here.run(['start'], { env: { CHATBOT_AUTH_ACCESS_MINUTES: '0.5' } })
  const owner = z.object({ listen: z.string() })
  server = owner.parse(JSON.parse(readFileSync(runtimePaths(here.dataDir).owner, 'utf8'))).listen
  await here.run(['users', 'add', 'anna', '--role', 'editor'], { input: PASSWORD })
}, 180_000)
afterAll(() => here?.[Symbol.asyncDispose]())

const file = () => join(here.dir, 'home', '.config', 'chatbot', 'contexts.json')
const me = z.object({ name: z.string(), server: z.string().nullable() })

test('a login leads there until one goes back; its file is closed to others', async () => {
  const login = await here.run(['login', 'anna', '--server', server], { input: PASSWORD })
  expect(login.stdout).toContain('You are user:anna')
  expect(login.code).toBe(0)
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(readFileSync(file(), 'utf8')).not.toContain(PASSWORD)
  expect(me.parse((await here.json(['whoami'])).document)).toEqual({ name: 'user:anna', server })
  expect((await here.run(['keys', 'list'])).code).toBe(4)
  expect((await here.run(['context', 'use', '--local'])).code).toBe(0)
  expect(me.parse((await here.json(['whoami'])).document)).toEqual({ name: 'local', server: null })
  const context = new URL(server).host
  expect(me.parse((await here.json(['whoami', '--context', context])).document).name).toBe('user:anna')
})

test('a user without a password is not made, and it is said where one is read from', async () => {
  const { code, stderr } = await here.run(['users', 'add', 'boris'], { input: '' })
  expect(stderr).toContain("Type it on a terminal, or pipe it to the command's standard input.")
  expect(code).toBe(2)
  expect((await here.run(['users', 'list'])).stdout).not.toContain('boris')
})

test('commands at once exchange the refresh token one after the other', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => here.json(['whoami', '--server', server])))
  expect(all.map(({ document }) => me.parse(document).name)).toEqual(Array(4).fill('user:anna'))
})

test('what is destroyed is named with its server, and only after a question', async () => {
  await here.run(['collections', 'create', 'notes', '--server', server])
  const asked = await here.run(['collections', 'rm', 'notes', '--server', server])
  expect(asked.code).toBe(2)
  expect(asked.stderr).toContain(server)
  const removed = await here.run(['collections', 'rm', 'notes', '--yes', '--server', server])
  expect(removed.stderr).toContain(server)
  expect(removed.code).toBe(0)
})

test('a key from the environment; a revoked one ends with exit status 4', async () => {
  const made = await here.run(['keys', 'create', 'ci', '--expires', '1h'])
  const env = { CHATBOT_SERVER: server, CHATBOT_TOKEN: made.stdout.trim() }
  expect(me.parse((await here.json(['whoami'], { env })).document).name).toBe('key:ci')
  expect((await here.run(['search', 'anything'], { env })).code).toBe(0)
  expect((await here.run(['keys', 'revoke', 'ci', '--yes'])).code).toBe(0)
  expect((await here.run(['whoami'], { env })).code).toBe(4)
  expect((await here.run(['search', 'anything'], { env })).code).toBe(4)
  expect((await here.run(['keys', 'list', '--all'])).stdout).toContain('revoked')
})

test('no secret goes to another machine in the clear; local commands stay local', async () => {
  const away = ['--server', 'http://chat.example.org']
  const login = await here.run(['login', 'anna', ...away], { input: PASSWORD })
  expect(login.code).toBe(4)
  expect(login.stderr).toContain('not encrypted')
  const token = await here.run(['whoami', ...away], { env: { CHATBOT_TOKEN: 'secret' } })
  expect(token.code).toBe(4)
  const stop = await here.run(['stop', '--server', server])
  expect(stop.code).toBe(2)
  expect(stop.stderr).toContain('this machine only')
})

test('logout ends the login there, and wrong passwords begin none', async () => {
  const before = readFileSync(file(), 'utf8')
  expect((await here.run(['logout', '--server', server])).code).toBe(0)
  expect((await here.run(['whoami', '--server', server])).code).toBe(4)
  const { accessToken } = z
    .object({ accessToken: z.string() })
    .parse(
      Object.values(
        z
          .object({ contexts: z.record(z.string(), z.object({ credential: z.unknown() })) })
          .parse(JSON.parse(before)).contexts,
      )[0]?.credential,
    )
  const env = { CHATBOT_TOKEN: accessToken }
  expect((await here.run(['whoami', '--server', server], { env })).code).toBe(4)
  expect((await here.run(['login', 'anna', '--server', server], { input: 'wrong' })).code).toBe(4)
})
