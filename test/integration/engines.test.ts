import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import {
  type FakeOpenai,
  failing,
  fakeOpenai,
  open,
  type Reply,
  streaming,
  write,
} from '../support/fake-openai.ts'
import { greeted } from '../support/raw-socket.ts'
import { tinyChatModel } from '../support/tiny-chat-model.ts'
import { tinyEmbedder } from '../support/tiny-models.ts'
import { upload } from '../support/upload.ts'

const QUESTION = 'How high is the tower of Testville?'
const root = mkdtempSync(join(tmpdir(), 'chatbot-engines-'))
let daemon: TestDaemon
let first: FakeOpenai
let second: FakeOpenai
const says = ['The', 'tower', 'is', '41', 'metres', 'high', '[1].']
const chat = tinyChatModel({ says })
const sound = streaming(['The tower is 41 metres high [1].'])
let reply: Reply = sound

beforeAll(async () => {
  first = await fakeOpenai((response, request) => reply(response, request))
  second = await fakeOpenai(streaming(['It is 41 metres high [1].']))
  daemon = await startTestDaemon({
    env: {
      HF_HUB_CACHE: root,
      ...remote('FIRST', first.baseUrl),
      ...remote('SECOND', second.baseUrl),
      ...remote('HASTY', first.baseUrl),
      CHATBOT_ENGINES_HASTY_TIMEOUT_MS: '1000',
      ...remote('DOWN', 'http://127.0.0.1:9/v1'),
      ...local('SOUND', model('sound', chat)),
      ...local('MISSING', 'tiny/missing'),
      ...local(
        'TRUNCATED',
        model('truncated', {
          ...chat,
          'onnx/model.onnx': Buffer.from(chat['onnx/model.onnx'] ?? '').subarray(0, 300),
        }),
      ),
      ...local('EMBEDDER', model('embedder', tinyEmbedder())),
      ...local('HUGE', hugeModel()),
    },
  })
  await ingest('default')
})
afterEach(() => {
  reply = sound
})
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]()
  await first?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

const remote = (name: string, baseUrl: string) => ({
  [`CHATBOT_ENGINES_${name}_BASE_URL`]: baseUrl,
  [`CHATBOT_ENGINES_${name}_MODEL`]: 'fake-1',
  [`CHATBOT_ENGINES_${name}_RETRIES`]: '0',
})
const local = (name: string, reference: string) => ({
  [`CHATBOT_ENGINES_${name}_KIND`]: 'local',
  [`CHATBOT_ENGINES_${name}_MODEL`]: reference,
})

function model(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return join(root, name)
}

/** Pulled, as its name in the hub's cache says, with a terabyte of weights that take no room on the disk. */
function hugeModel(): string {
  const commit = 'c'.repeat(40)
  const repository = 'models--tiny--huge'
  model(`${repository}/snapshots/${commit}`, tinyChatModel({ says, external: true }))
  model(`${repository}/refs`, { main: commit })
  const sum = 'd'.repeat(64)
  model(`${repository}/blobs`, { [sum]: '' })
  const blob = join(root, repository, 'blobs', sum)
  truncateSync(blob, 1e12)
  const data = join(root, repository, 'snapshots', commit, 'onnx', 'model.onnx_data')
  rmSync(data)
  symlinkSync(blob, data)
  return 'tiny/huge'
}

async function ingest(collection: string): Promise<string> {
  const text = '# The tower\n\nThe tower of Testville was built in 1887. It is 41 metres high.'
  await upload(daemon, collection, 'tower.md', text)
  return collection
}

/** The last event: `done` or `error`. */
async function ask(more: {
  readonly engine?: string
  readonly collections?: readonly string[]
  readonly cache?: boolean
}) {
  await using client = await greeted(daemon)
  return (await client.ask(QUESTION, more)).last
}

const configure = (name: string, engine: string | null) =>
  daemon.api.call('configureCollection', { params: { name }, body: { engine } })

describe('the engine of a collection', () => {
  test('answers what names no engine, and its answers are no others', async () => {
    const name = await ingest('of-its-own')
    const collections = [name]
    expect(await ask({ collections })).toMatchObject({
      answer: { generator: expect.stringMatching(/^extractive/) },
    })
    expect(await configure(name, 'first')).toEqual({ name, cache: true, engine: 'first' })
    expect(await ask({ collections })).toMatchObject({ answer: { generator: 'first:fake-1', cached: false } })
    expect(await ask({ collections })).toMatchObject({
      answer: { generator: 'first:fake-1', cached: { tier: 'exact' } },
    })
    await configure(name, 'second')
    expect(await ask({ collections })).toMatchObject({
      answer: { generator: 'second:fake-1', cached: false },
    })
    expect(await ask({ collections, engine: 'first' })).toMatchObject({
      answer: { generator: 'first:fake-1' },
    })
    await configure(name, null)
    expect(await ask({ collections })).toMatchObject({
      answer: { generator: expect.stringMatching(/^extractive/) },
    })
  })

  test('answers several collections only where all have it', async () => {
    const collections = [await ingest('one'), await ingest('two')]
    await configure('one', 'first')
    expect(await ask({ collections })).toMatchObject({
      answer: { generator: expect.stringMatching(/^extractive/) },
    })
    await configure('two', 'first')
    expect(await ask({ collections })).toMatchObject({ answer: { generator: 'first:fake-1' } })
    await configure('two', 'second')
    expect(await ask({ collections })).toMatchObject({
      answer: { generator: expect.stringMatching(/^extractive/) },
    })
  })

  test('must be one, and stays when another setting is changed', async () => {
    const name = await ingest('settings')
    await expect(configure(name, 'none')).rejects.toMatchObject({
      code: 'unknown_engine',
      message: expect.stringContaining('first'),
    })
    await configure(name, 'second')
    await daemon.api.call('configureCollection', { params: { name }, body: { cache: false } })
    const { collections } = await daemon.api.call('listCollections', {})
    expect(collections.find((one) => one.name === name)).toMatchObject({ engine: 'second', cache: false })
    await expect(
      daemon.api.call('configureCollection', { params: { name }, body: {} }),
    ).rejects.toMatchObject({ code: 'bad_request' })
  })
})

describe('an engine that fails is a clear error, and the others answer on', () => {
  const cut: Reply = (response) => {
    open(response)
    write(response, { choices: [{ index: 0, delta: { content: 'The tower is' }, finish_reason: null }] })
    // When what was said has left.
    response.write(': \n\n', () => response.destroy())
  }
  const garbage: Reply = (response) => {
    open(response)
    response.end('data: {nonsense\n\n')
  }
  const page: Reply = (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>')
  }
  const silent: Reply = (response) => open(response)
  const silentAfterText: Reply = (response) => {
    open(response)
    write(response, { choices: [{ index: 0, delta: { content: 'The tower is' }, finish_reason: null }] })
  }

  test.each<[string, string, Reply, string, string]>([
    ['that is down', 'down', sound, 'engine_unreachable', 'engines.down.baseUrl'],
    ['that says nothing', 'hasty', silent, 'timeout', 'engines.hasty.timeoutMs'],
    ['that stops in the middle', 'hasty', silentAfterText, 'timeout', 'engines.hasty.timeoutMs'],
    [
      'that limits the rate',
      'first',
      failing(429, 'slow down', { 'retry-after': '60' }),
      'engine_rate_limited',
      'slow down',
    ],
    ['that streams garbage', 'first', garbage, 'engine_failed', 'what is no answer'],
    ['that is a page', 'first', page, 'engine_failed', 'engines.first.baseUrl'],
    ['that is cut in the middle', 'first', cut, 'engine_failed', 'engine first was cut off'],
    [
      'whose model is missing',
      'missing',
      sound,
      'unknown_model',
      'chatbot models pull tiny/missing Then: chatbot restart',
    ],
    ['whose model is truncated', 'truncated', sound, 'model_corrupt', 'truncated'],
    [
      'whose model is of another kind',
      'embedder',
      sound,
      'unsupported_model',
      'an embedder, not a generator',
    ],
    ['whose model is larger than the memory', 'huge', sound, 'model_too_large', 'smaller'],
  ])('one %s', async (_what, engine, how, code, message) => {
    reply = how
    expect(await ask({ engine, cache: false })).toMatchObject({
      type: 'error',
      code,
      message: expect.stringContaining(message),
    })
    expect(await ask({ engine: 'sound' })).toMatchObject({
      answer: {
        generator: 'sound:sound',
        text: 'The tower is 41 metres high [1].',
        citations: [{ uri: 'tower.md' }],
      },
    })
    reply = sound
    // Its failures are no longer in a row.
    expect(await ask({ engine: 'first', cache: false })).toMatchObject({
      answer: { generator: 'first:fake-1' },
    })
  })

  test('three times, and it rests; the list says why', async () => {
    reply = failing(500, 'boom')
    for (let time = 0; time < 3; time++) await ask({ engine: 'first', cache: false })
    const { engines } = await daemon.api.call('listEngines', {})
    expect(engines).toContainEqual({
      name: 'sound',
      kind: 'local',
      model: 'sound',
      used: 'on request',
      state: 'ok',
    })
    expect(engines[0]).toMatchObject({ name: 'extractive', kind: 'extractive', used: 'first' })
    expect(engines.find(({ name }) => name === 'first')).toMatchObject({
      kind: 'openai',
      state: 'resting',
      because: 'engine_failed',
    })
  })
})
