import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { apiClient } from '../../src/client/api.ts'
import { version } from '../../src/config/version.ts'
import { type Workspace, workspace } from '../support/cli.ts'
import { createDatabase, postgresUrl } from '../support/database.ts'
import { describePostgres } from '../support/postgres.ts'

const laptop = await workspace()
afterAll(() => laptop[Symbol.asyncDispose]())

const answerSchema = z.object({ answer: z.string(), citations: z.array(z.object({ document: z.string() })) })

test('a backup is written whole, for its owner alone, and an interrupted one leaves nothing', async () => {
  laptop.write({
    'docs/cats.md': '# Cats\n\nMurka sleeps sixteen hours a day. She eats fish.\n',
    'docs/dogs.txt': 'Собака Шарик живёт в будке у ворот. Шарику семь лет.\n',
  })
  expect((await laptop.run(['ingest', 'docs'])).code).toBe(0)
  await laptop.run(['ask', 'How long does Murka sleep?'])
  const { code, document } = await laptop.json(['backup', 'all.gz'])
  expect(code).toBe(0)
  expect(document).toMatchObject({ collections: 1, documents: 2, conversations: 1 })
  expect(statSync(join(laptop.dir, 'all.gz')).mode & 0o777).toBe(0o600)

  const again = await laptop.run(['backup', 'all.gz'])
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('--yes')
  expect((await laptop.run(['backup', 'nowhere/all.gz'])).code).not.toBe(0)
  expect(readdirSync(laptop.dir).filter((name) => name.includes('partial'))).toEqual([])
})

test('through pipes it reaches another data directory, where the same question has the same answer', async () => {
  await using other = await workspace()
  const restored = await other.run(['restore', '-'], { input: readFileSync(join(laptop.dir, 'all.gz')) })
  expect(restored.stderr).not.toContain('Error')
  expect(restored.stdout).toMatch(/Restored 2 documents in 1 collection and 1 conversation in/)
  const question = ['ask', 'Сколько лет Шарику?']
  const here = answerSchema.parse((await laptop.json(question)).document)
  const there = answerSchema.parse((await other.json(question)).document)
  expect(there).toEqual(here)
  expect(there.answer).toContain('семь')
  // What it holds counts as ingested there: nothing is uploaded again.
  const { document } = await other.json(['ingest', join(laptop.dir, 'docs')])
  expect(document).toMatchObject({ totals: { unchanged: 2 } })
})

test('a damaged archive changes nothing', async () => {
  const whole = readFileSync(join(laptop.dir, 'all.gz'))
  writeFileSync(join(laptop.dir, 'cut.gz'), whole.subarray(0, whole.length - 20))
  const { code, document } = await laptop.json(['restore', 'cut.gz', '--yes'])
  expect(code).toBe(1)
  expect(document).toMatchObject({ error: { code: 'backup_corrupt' } })
  expect(await laptop.json(['restore', 'missing.gz', '--yes'])).toMatchObject({
    document: { error: { code: 'document_unreadable' } },
  })
})

const PASSWORD = 'correct horse battery staple'
const keySchema = z.object({ key: z.string() })

/** Who the daemon of this workspace takes the key and the password for. */
async function comesIn({ json }: Workspace, key: string, env: Readonly<Record<string, string>> = {}) {
  const { listen } = z.object({ listen: z.string() }).parse((await json(['status'], { env })).document)
  const client = (token?: string) => apiClient({ kind: 'tcp', url: listen, token }, { version })
  const { user } = await client().call('login', { body: { name: 'anna', password: PASSWORD } })
  return { key: (await client(key).call('whoami', {})).name, login: user }
}

describePostgres('to a server', () => {
  test('and back: PGlite to PostgreSQL to PGlite', async () => {
    if (postgresUrl === undefined) throw new Error('no PostgreSQL')
    const { connectionString, drop } = await createDatabase()
    try {
      await using server = await workspace({ database: 'none' })
      const env = { DATABASE_URL: connectionString }
      await server.run(['start'], { env })
      // Who comes in at the laptop comes in at the server, with the same password and the same key; and back.
      const input = `${PASSWORD}\n`
      expect((await laptop.run(['users', 'add', 'anna', '--role', 'editor'], { input })).code).toBe(0)
      const { key } = keySchema.parse((await laptop.json(['keys', 'create', 'site'])).document)
      laptop.write({ 'phrase.txt': 'a few words in a row\n', 'wrong.txt': 'another few words\n' })
      const phrase = ['--passphrase-file', join(laptop.dir, 'phrase.txt')]
      await laptop.json(['backup', 'accounts.gz', ...phrase])
      const accounts = join(laptop.dir, 'accounts.gz')
      const wrong = ['--passphrase-file', join(laptop.dir, 'wrong.txt')]
      expect(await server.json(['restore', accounts, '--accounts', ...wrong], { env })).toMatchObject({
        code: 2,
        document: {
          error: { code: 'bad_request', message: expect.stringContaining('Nothing was restored') },
        },
      })
      expect((await server.json(['collections', 'list'], { env })).document).toMatchObject({
        collections: [],
      })
      expect((await server.json(['restore', accounts, ...phrase], { env })).code).toBe(2)
      expect(
        (await server.json(['restore', accounts, '--accounts', ...phrase], { env })).document,
      ).toMatchObject({
        documents: 2,
        users: 1,
        withoutPassword: 0,
        keys: 1,
        grants: 2,
      })
      expect(await comesIn(server, key, env)).toEqual({ key: 'key:site', login: 'anna' })

      await server.json(['backup', 'accounts.gz', ...phrase], { env })
      await laptop.run(['users', 'rm', 'anna', '--yes'])
      const back = ['restore', join(server.dir, 'accounts.gz'), '--accounts', '--yes', ...phrase]
      expect((await laptop.json(back)).document).toMatchObject({ users: 1, keys: 0, grants: 1 })
      expect(await comesIn(laptop, key)).toEqual({ key: 'key:site', login: 'anna' })

      const archive = join(laptop.dir, 'all.gz')
      expect((await server.run(['restore', archive, '--yes'], { env })).stdout).toContain(
        'Restored 0 documents',
      )
      expect((await server.run(['restore', archive, '--yes'], { env })).stdout).toContain(
        'Restored 0 documents in 1 collection and 0 conversations',
      )
      expect((await server.json(['backup', 'back.gz'], { env })).document).toMatchObject({ documents: 2 })
      await laptop.run(['collections', 'rm', 'default', '--yes'])
      expect((await laptop.run(['restore', join(server.dir, 'back.gz')])).stdout).toContain(
        'Restored 2 documents',
      )
      const { document } = await laptop.json(['ask', 'What does Murka eat?'])
      expect(answerSchema.parse(document).answer).toContain('fish')
    } finally {
      await drop()
    }
  }, 300_000)
})
