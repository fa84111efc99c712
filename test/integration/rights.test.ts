/**
 * Every route, message and command against every role. A new route, message or command without an entry here does not
 * compile or fails.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMPLETIONS_PREFIX, modelName } from '../../src/api/completions.ts'
import { API_PREFIX, ROUTE_NAMES, type RouteName, routes } from '../../src/api/routes.ts'
import { packageRoot } from '../../src/config/package-root.ts'
import type { ClientMessage, clientMessages } from '../../src/protocol/messages.ts'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { greeted, rawSocket } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

/** `stranger` may read another collection; the next three have a role on one; `root` administers all. */
const ROLES = ['stranger', 'reader', 'editor', 'admin', 'root'] as const
type Caller = (typeof ROLES)[number]

let daemon: TestDaemon
const METRICS_TOKEN = 'only-for-the-metrics'
const keys = new Map<Caller, string>()
let conversation = ''

beforeAll(async () => {
  daemon = await startTestDaemon({
    env: { CHATBOT_SERVER_METRICS_TOKEN: METRICS_TOKEN },
  })
  await uploaded('shared', 'tower.md', 'The tower of Testville was built in 1887 by Anna Berg.')
  await daemon.api.call('createCollection', { body: { name: 'other' } })
  for (const caller of ROLES) {
    const role = caller === 'root' ? 'admin' : caller === 'stranger' ? 'reader' : caller
    const collections = caller === 'root' ? undefined : [caller === 'stranger' ? 'other' : 'shared']
    const { key } = await daemon.api.call('createKey', { body: { name: caller, role, collections } })
    keys.set(caller, key)
  }
  await using socket = await greeted(daemon)
  await socket.ask('Who built the tower of Testville?')
  conversation = (await daemon.api.call('listConversations', {})).conversations[0]?.id ?? ''
}, 180_000)
afterAll(() => daemon?.[Symbol.asyncDispose]())

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The id of a document that the machine's user has put there. */
async function uploaded(collection: string, uri: string, text: string): Promise<string> {
  const reply = await upload(daemon, collection, uri, text)
  if (reply.status === 'staged') throw new Error('not in a run')
  return reply.document.id
}

/** A collection of its own, on which the callers have the roles that they have on `shared`. */
async function fresh(): Promise<string> {
  const { name } = await daemon.api.call('createCollection', { body: { name: `c-${randomUUID()}` } })
  for (const role of ['reader', 'editor', 'admin'] as const)
    await daemon.api.call('addGrant', { body: { subject: `key:${role}`, role, collection: name } })
  return name
}

async function freshSource(): Promise<string> {
  const source = { kind: 'folder', location: `/${randomUUID()}`, machine: 'here', options: {} } as const
  return (await daemon.api.call('rememberSource', { params: { name: await fresh() }, body: source })).id
}

interface Sent {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly bytes?: string
}

async function send(token: string, name: RouteName, { params = {}, query, body, bytes }: Sent) {
  const { method, path } = routes[name]
  const filled = path.replace(/:(\w+)/g, (_, part: string) => encodeURIComponent(params[part] ?? ''))
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
  const response = await fetch(`http://${daemon.host}${API_PREFIX}${filled}${search}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: bytes,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.text() }
}

type Expected = readonly [stranger: number, reader: number, editor: number, admin: number, root: number]
const everybody: Expected = [200, 200, 200, 200, 200]
const readers: Expected = [404, 200, 200, 200, 200]
const editors: Expected = [404, 403, 200, 200, 200]
const administrators: Expected = [404, 403, 403, 200, 200]
const root: Expected = [403, 403, 403, 403, 200]
const nobody: Expected = [403, 403, 403, 403, 403]
/** It belongs to somebody else. */
const owner: Expected = [404, 404, 404, 404, 404]

const shared = { params: { name: 'shared' } }
const aJob = { params: { id: randomUUID() } }
const password = { password: 'a long enough password' }

const CASES: Record<RouteName, readonly [Expected, (caller: Caller) => Sent | Promise<Sent>]> = {
  status: [everybody, () => ({})],
  config: [root, () => ({})],
  shutdown: [nobody, () => ({})],
  listCollections: [everybody, () => ({})],
  createCollection: [root, () => ({ body: { name: `c-${randomUUID()}` } })],
  configureCollection: [administrators, () => ({ ...shared, body: { cache: true } })],
  cacheStats: [everybody, () => ({})],
  clearCache: [root, () => ({})],
  removeCollection: [administrators, async () => ({ params: { name: await fresh() } })],
  compareManifest: [[403, 403, 200, 200, 200], () => ({ ...shared, body: { files: [] } })],
  putDocument: [
    editors,
    async () => ({
      params: { name: await fresh() },
      query: { uri: 'a.md', hash: sha256('A text.') },
      bytes: 'A text.',
    }),
  ],
  createJob: [[403, 403, 200, 200, 200], () => shared],
  sealJob: [owner, () => aJob],
  listJobs: [everybody, () => ({})],
  getJob: [owner, () => aJob],
  listJobDocuments: [owner, () => aJob],
  cancelJob: [owner, () => aJob],
  answerEvents: [owner, () => aJob],
  // Of nobody's answer: idempotent.
  cancelAnswer: [everybody, () => aJob],
  retryJob: [owner, () => aJob],
  listDocuments: [readers, () => ({ query: { collection: 'shared' } })],
  getDocument: [readers, () => ({ params: { reference: 'tower.md' } })],
  getDocumentText: [readers, () => ({ params: { reference: 'tower.md' }, query: { at: '1' } })],
  removeDocument: [
    editors,
    async () => ({ params: { reference: await uploaded(await fresh(), 'b.md', 'Another text.') } }),
  ],
  listSources: [readers, () => ({ query: { collection: 'shared' } })],
  rememberSource: [
    [403, 403, 200, 200, 200],
    () => ({ ...shared, body: { kind: 'folder', location: '/x', machine: 'here', options: {} } }),
  ],
  listSourceDocuments: [readers, async () => ({ params: { id: await freshSource() } })],
  changeSource: [editors, async () => ({ params: { id: await freshSource() }, body: {} })],
  markSynced: [editors, async () => ({ params: { id: await freshSource() }, body: {} })],
  removeSource: [editors, async () => ({ params: { id: await freshSource() } })],
  listConversations: [everybody, () => ({})],
  getConversation: [owner, () => ({ params: { id: conversation } })],
  removeConversation: [owner, () => ({ params: { id: conversation } })],
  listIndex: [everybody, () => ({})],
  rebuildIndex: [administrators, () => ({ ...shared, body: {} })],
  verifyIndex: [readers, () => ({ ...shared, body: {} })],
  dropGeneration: [
    [404, 403, 403, 400, 400],
    async () => {
      const { generations } = await daemon.api.call('listIndex', {})
      const live = generations.find(({ collection }) => collection === 'shared')
      return { params: { generation: String(live?.id) } }
    },
  ],
  ask: [
    readers,
    () => ({ body: { question: 'Who built the tower of Testville?', collections: ['shared'] } }),
  ],
  search: [readers, () => ({ body: { query: 'Who built the tower?', collections: ['shared'] } })],
  listEngines: [everybody, () => ({})],
  testEngine: [root, () => ({ params: { name: 'extractive' } })],
  backup: [root, () => ({})],
  restore: [[403, 403, 403, 403, 422], () => ({ bytes: 'no archive' })],
  login: [[401, 401, 401, 401, 401], () => ({ body: { name: 'nobody', ...password } })],
  refresh: [[401, 401, 401, 401, 401], () => ({ body: { refreshToken: 'nonsense' } })],
  logout: [[400, 400, 400, 400, 400], () => ({})],
  whoami: [everybody, () => ({})],
  rotateSigningKey: [root, () => ({})],
  listKeys: [root, () => ({})],
  createKey: [root, () => ({ body: { name: `k-${randomUUID()}`, role: 'reader' } })],
  rotateKey: [root, async () => ({ params: { name: await freshKey() }, body: {} })],
  revokeKey: [root, async () => ({ params: { name: await freshKey() } })],
  listUsers: [root, () => ({})],
  addUser: [root, () => ({ body: { name: `u-${randomUUID()}`, ...password } })],
  setPassword: [root, async () => ({ params: { name: await freshUser() }, body: password })],
  removeUser: [root, async () => ({ params: { name: await freshUser() } })],
  listGrants: [administrators, () => ({ query: { collection: 'shared' } })],
  addGrant: [
    administrators,
    () => ({ body: { subject: `group:x:${randomUUID()}`, role: 'reader', collection: 'shared' } }),
  ],
  removeGrant: [
    administrators,
    async () => {
      const subject = `group:x:${randomUUID()}`
      await daemon.api.call('addGrant', { body: { subject, role: 'reader', collection: 'shared' } })
      return { query: { subject, collection: 'shared' } }
    },
  ],
  listAudit: [root, () => ({})],
}

async function freshKey(): Promise<string> {
  return (await daemon.api.call('createKey', { body: { name: `k-${randomUUID()}` } })).name
}

async function freshUser(): Promise<string> {
  return (await daemon.api.call('addUser', { body: { name: `u-${randomUUID()}`, ...password } })).name
}

const tokenOf = (caller: Caller) => keys.get(caller) ?? ''

describe('routes', () => {
  test.each(ROLES)('as %s', async (caller) => {
    const got: Record<string, number> = {}
    const wanted: Record<string, number> = {}
    for (const name of ROUTE_NAMES) {
      const [expected, request] = CASES[name]
      wanted[name] = expected[ROLES.indexOf(caller)] ?? 0
      got[name] = (await send(tokenOf(caller), name, await request(caller))).status
    }
    expect(got).toEqual(wanted)
  })

  test('lists leave out what is hidden', async () => {
    const hidden: RouteName[] = ['listCollections', 'listDocuments', 'listIndex', 'listSources', 'whoami']
    for (const name of hidden) {
      expect((await send(tokenOf('stranger'), name, {})).body, name).not.toMatch(/shared|tower/)
    }
    expect((await send(tokenOf('root'), 'listDocuments', {})).body).toContain('tower.md')
    const status = await send(tokenOf('reader'), 'status', {})
    expect(status.body).not.toContain(daemon.dataDir)
    // Nor does a search of all that one can read find it.
    const found = await send(tokenOf('stranger'), 'search', { body: { query: 'Who built the tower?' } })
    expect(JSON.parse(found.body)).toEqual({ passages: [] })
  })

  test('chat completions and their models', async () => {
    const call = async (caller: Caller, path: string, body?: unknown) => {
      const response = await fetch(`http://${daemon.host}${COMPLETIONS_PREFIX}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${tokenOf(caller)}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.text() }
    }
    const model = modelName({ collection: 'shared' })
    const messages = [{ role: 'user', content: 'Who built the tower of Testville?' }]
    for (const caller of ROLES) {
      const isStranger = caller === 'stranger'
      expect((await call(caller, '/models')).body.includes(model), caller).toBe(!isStranger)
      const answered = await call(caller, '/chat/completions', { model, messages })
      expect(answered.status, caller).toBe(isStranger ? 404 : 200)
      expect(answered.body.includes('Anna Berg'), caller).toBe(!isStranger)
    }
  })

  test('metrics are for administrators, and for the token that is for them alone', async () => {
    const metrics = (headers: Record<string, string>) => fetch(`http://${daemon.host}/metrics`, { headers })
    expect((await metrics({})).status).toBe(401)
    for (const name of ROLES)
      expect([name, (await metrics({ authorization: `Bearer ${tokenOf(name)}` })).status]).toEqual([
        name,
        name === 'root' ? 200 : 403,
      ])
    expect((await metrics({ authorization: `Bearer ${daemon.token}` })).status).toBe(200)
    expect((await metrics({ authorization: `Bearer ${METRICS_TOKEN}` })).status).toBe(200)
    expect((await metrics({ authorization: `Bearer ${METRICS_TOKEN.slice(1)}` })).status).toBe(401)
    const other = { authorization: `Bearer ${METRICS_TOKEN}` }
    expect((await fetch(`http://${daemon.host}${API_PREFIX}/status`, { headers: other })).status).toBe(401)
    const { body } = await send(tokenOf('reader'), 'status', {})
    expect(JSON.parse(body)).toMatchObject({ latency: [], tokens: [], listen: null, dataDir: '' })
  })
})

/** What each message is answered with. */
const MESSAGES: Record<
  keyof typeof clientMessages,
  readonly [(id: string) => ClientMessage | undefined, stranger: string, others: string]
> = {
  hello: [() => undefined, 'welcome', 'welcome'],
  auth: [() => undefined, 'renewed', 'renewed'],
  ask: [
    (id) => ({ type: 'ask', id, question: 'Who built the tower of Testville?', collections: ['shared'] }),
    'unknown_collection',
    'done',
  ],
  search: [
    (id) => ({ type: 'search', id, query: 'Who built it?', collections: ['shared'] }),
    'unknown_collection',
    'results',
  ],
  history: [(id) => ({ type: 'history', id, conversation }), 'unknown_conversation', 'unknown_conversation'],
  resume: [(id) => ({ type: 'resume', id, epoch: 0, seq: 0 }), 'unknown_answer', 'unknown_answer'],
  // Of nobody's answer: idempotent, and never answered.
  cancel: [(id) => ({ type: 'cancel', id }), 'nothing', 'nothing'],
}

test.each(ROLES)('messages as %s', async (caller) => {
  await using socket = await rawSocket(`ws://${daemon.host}/ws`)
  const got: Record<string, string> = {}
  const wanted: Record<string, string> = {}
  const token = tokenOf(caller)
  socket.send({ type: 'hello', token })
  got.hello = (await socket.wait('welcome')).type
  socket.send({ type: 'auth', token })
  got.auth = (await socket.wait('renewed')).type
  for (const [name, [message, stranger, others]] of Object.entries(MESSAGES)) {
    wanted[name] = caller === 'stranger' ? stranger : others
    const id = randomUUID()
    const sent = message(id)
    if (sent === undefined) continue
    socket.send(sent)
    if (name === 'cancel') {
      // Whatever it causes comes before the answer to the next message.
      const next = randomUUID()
      socket.send({ type: 'search', id: next, query: 'x' })
      await socket.wait('results', next)
      got[name] = socket.messages.some((answer) => 'id' in answer && answer.id === id)
        ? 'something'
        : 'nothing'
      continue
    }
    const outcome = await Promise.race([
      socket.wait('error', id).then(({ code }) => code),
      ...(['done', 'results', 'turns'] as const).map((type) => socket.wait(type, id).then(() => type)),
    ])
    got[name] = outcome
  }
  expect(got).toEqual(wanted)
  // What everybody can read is what is searched when nothing is named.
  const { last } = await socket.ask('Who built the tower of Testville?')
  expect(JSON.stringify(last).includes('Anna Berg')).toBe(caller !== 'stranger')
})

/** What a command asks of the daemon; the rights of its routes and messages are those above. */
const COMMANDS: Record<string, readonly (RouteName | 'chat' | 'this machine')[]> = {
  ask: ['chat', 'listDocuments'],
  audit: ['listAudit'],
  'auth/rotate': ['rotateSigningKey'],
  backup: ['backup'],
  'cache/clear': ['clearCache'],
  'cache/stats': ['cacheStats'],
  chat: ['chat', 'listCollections'],
  'collections/create': ['createCollection'],
  'collections/list': ['listCollections'],
  'collections/rm': ['listCollections', 'removeCollection'],
  'collections/set': ['configureCollection'],
  'config/get': ['this machine'],
  'config/list': ['this machine'],
  'config/path': ['this machine'],
  'config/set': ['this machine'],
  'context/list': ['this machine'],
  'context/rm': ['this machine'],
  // No daemon.
  'context/set': [],
  'context/use': ['this machine'],
  'conversations/export': ['getConversation'],
  'conversations/list': ['listConversations'],
  'conversations/rm': ['removeConversation'],
  'conversations/show': ['getConversation'],
  'deploy/compose': ['this machine'],
  'deploy/doctor': ['this machine'],
  'deploy/down': ['this machine'],
  'deploy/helm': ['this machine'],
  'deploy/logs': ['this machine'],
  'deploy/manifests': ['this machine'],
  'deploy/minikube': ['this machine'],
  'deploy/rollback': ['this machine'],
  'deploy/status': ['this machine'],
  doctor: ['this machine'],
  'documents/list': ['listDocuments'],
  'documents/rm': ['getDocument', 'removeDocument'],
  'documents/show': ['getDocument', 'getDocumentText'],
  'engines/list': ['listEngines'],
  'engines/test': ['listEngines', 'testEngine'],
  eval: ['chat'],
  'grants/add': ['addGrant'],
  'grants/list': ['listGrants'],
  'grants/rm': ['removeGrant'],
  'index/drop': ['dropGeneration', 'listIndex'],
  'index/list': ['listIndex'],
  'index/rebuild': ['listIndex', 'rebuildIndex'],
  'index/stats': ['listCollections', 'listIndex', 'status'],
  'index/verify': ['listCollections', 'verifyIndex'],
  // The routes of src/client/sync/run.ts.
  ingest: [],
  'jobs/cancel': ['cancelJob'],
  'jobs/list': ['listJobs'],
  'jobs/retry': ['retryJob'],
  'jobs/show': ['getJob', 'listJobDocuments'],
  'keys/create': ['createKey'],
  'keys/list': ['listKeys'],
  'keys/revoke': ['revokeKey'],
  'keys/rotate': ['rotateKey'],
  login: ['login', 'whoami'],
  logout: ['logout'],
  logs: ['this machine'],
  mcp: ['chat'],
  migrate: ['this machine'],
  'models/import': ['this machine'],
  'models/list': ['this machine'],
  'models/pull': ['this machine'],
  'models/rm': ['this machine'],
  'models/show': ['this machine'],
  'models/use': ['this machine'],
  'models/verify': ['this machine'],
  restart: ['this machine'],
  restore: ['listCollections', 'restore'],
  search: ['chat'],
  'sources/list': ['listSources'],
  'sources/rm': ['listSources', 'removeSource'],
  'sources/sync': ['listSources'],
  start: ['this machine'],
  status: ['status'],
  stop: ['this machine'],
  'users/add': ['addUser'],
  'users/list': ['listUsers'],
  'users/passwd': ['setPassword', 'whoami'],
  'users/rm': ['removeUser'],
  whoami: ['whoami'],
}

test('commands', () => {
  const folder = join(packageRoot(), 'commands')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('common'))
    .map((file) => file.replace(/\.ts$/, ''))
  const found = Object.fromEntries(
    files.map((file) => [file, asked(readFileSync(join(folder, `${file}.ts`), 'utf8'))]),
  )
  expect(found).toEqual(COMMANDS)
})

function asked(source: string): string[] {
  if (/localOnly = true/.test(source)) return ['this machine']
  const calls = [...source.matchAll(/\.call\(\s*'(\w+)'/g)].map(([, name = '']) => name)
  const streams = [...source.matchAll(/\bapi\b[^\n]*\.(backup|restore|upload)\(/g)].map(
    ([, name = '']) => name,
  )
  const chat = /this\.chat\(/.test(source) ? ['chat'] : []
  return [...new Set([...calls, ...streams, ...chat])].toSorted()
}
