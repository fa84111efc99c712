import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startEmbedder } from '../../../../models/embedder.ts'
import { cachedModels, removeFromCache } from '../../../../models/hub/cache.ts'
import { hubSettings } from '../../../../models/hub/client.ts'
import { type Pulled, type PullOptions, pull } from '../../../../models/hub/pull.ts'
import { installedEmbedder } from '../../../../models/installed.ts'
import { type Fault, type HubServer, startHub } from '../../../support/hub-server.ts'
import { type Files, tinyEmbedder, tinyReranker } from '../../../support/tiny-models.ts'

const NAME = 'tiny/embedder'
const COMMIT = 'c0ffee'.padEnd(40, '0')
/** Enough for a resumption to count. */
const WEIGHTS = Buffer.alloc(300_000, 'weights')
const NETWORK = 'onnx/model.onnx_data'

const served = (files: Files, commit = COMMIT) => ({
  commit,
  files: new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
})
const embedder = tinyEmbedder('pooling_mode_cls_token')
const padded: Files = {
  ...embedder,
  [NETWORK]: Buffer.concat([Buffer.from(embedder[NETWORK] ?? ''), WEIGHTS]),
}

let hub: HubServer
let cacheDir: string
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'chatbot-pull-'))
  hub = await startHub({
    [NAME]: served({
      ...padded,
      'pytorch_model.bin': 'not wanted',
      'onnx/model_O3.onnx': 'not wanted either',
    }),
    'tiny/reranker': { ...served(tinyReranker()), card: { license: 'other', language: ['en', 'ru'] } },
    'tiny/torch': served({ 'config.json': '{}', 'pytorch_model.bin': 'x' }),
  })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub[Symbol.asyncDispose]()
  await rm(cacheDir, { recursive: true })
})

function pulled(name = NAME, options: Partial<PullOptions> = {}, env = {}): Promise<Pulled> {
  return pull({
    name,
    cacheDir,
    settings: {
      ...hubSettings({ HF_ENDPOINT: hub.endpoint, HF_HOME: cacheDir, ...env }),
      stallMs: 1000,
      pauseMs: 1,
    },
    signal: new AbortController().signal,
    acceptLicence: async () => {},
    onStart: () => {},
    onBytes: () => {},
    onWait: () => {},
    ...options,
  })
}

const removed = (what: { revision?: string; variant?: string }): Promise<number> =>
  removeFromCache(cacheDir, NAME, { ...what, signal: new AbortController().signal, onWait: () => {} })

/** Faults for the weights, one a request; afterwards all is well. */
function faultsOf(...faults: Fault[]): void {
  hub.fault = ({ file, origin }) => (file === NETWORK && origin === 'cdn' ? faults.shift() : undefined)
}
const weightRequests = () => hub.requests.filter(({ file, origin }) => file === NETWORK && origin === 'cdn')
const works = async () => {
  const running = await startEmbedder({ model: await installedEmbedder(NAME, cacheDir), workers: 1 })
  await running.close()
}

describe('a pull', () => {
  it('brings one network and what it needs into the hub’s cache, and says how much', async () => {
    let bytes = 0
    let announced = 0
    const result = await pulled(NAME, {
      onStart: (start) => {
        announced = start.bytes
      },
      onBytes: (delta) => {
        bytes += delta
      },
    })
    expect(result).toMatchObject({
      name: NAME,
      commit: COMMIT,
      role: 'embedder',
      variant: 'fp32',
      licence: 'mit',
      fetched: true,
    })
    expect(bytes).toBe(announced)
    const snapshot = join(cacheDir, 'models--tiny--embedder', 'snapshots', COMMIT)
    expect((await readdir(snapshot)).toSorted()).toEqual(
      ['1_Pooling', 'README.md', 'config.json', 'onnx', 'tokenizer.json', 'tokenizer_config.json'].toSorted(),
    )
    expect((await readdir(join(snapshot, 'onnx'))).toSorted()).toEqual(['model.onnx', 'model.onnx_data'])
    await works()
    expect(await cachedModels(cacheDir)).toMatchObject([
      {
        name: NAME,
        commit: COMMIT,
        revisions: ['main'],
        role: 'embedder',
        variants: ['fp32'],
        bytes: result.bytes,
      },
    ])
    const requests = hub.requests.length
    expect((await pulled()).fetched).toBe(false)
    expect(hub.requests.length).toBe(requests + 1)
  })

  it('takes another variant beside the first, and removes one, a revision or all', async () => {
    await pulled()
    await pulled(NAME, { variant: 'fp16' })
    expect((await cachedModels(cacheDir))[0]?.variants).toEqual(['fp32', 'fp16'])
    expect(await removed({ variant: 'fp32' })).toBeGreaterThan(WEIGHTS.length)
    expect((await installedEmbedder(NAME, cacheDir)).onnx).toBe('onnx/model_fp16.onnx')
    await expect(pulled(NAME, { variant: 'q4' })).rejects.toMatchObject({
      code: 'unknown_model',
      message: expect.stringContaining('It has: fp32, fp16, O3'),
    })
    expect(await removed({ revision: COMMIT })).toBeGreaterThan(0)
    expect(await cachedModels(cacheDir)).toEqual([])
    await pulled()
    expect(await removed({})).toBeGreaterThan(WEIGHTS.length)
    expect(await removed({})).toBe(0)
    expect((await readdir(cacheDir)).filter((entry) => entry !== '.locks')).toEqual([])
  })

  it('repairs what was damaged on the disk', async () => {
    await pulled()
    const model = await installedEmbedder(NAME, cacheDir)
    await writeFile(join(model.folder, NETWORK), 'damaged')
    await expect(works()).rejects.toMatchObject({ code: 'model_corrupt' })
    await pulled()
    await works()
  })

  it('asks for the licence before anything is fetched', async () => {
    const asked: (string | undefined)[] = []
    const refusal = pulled('tiny/reranker', {
      acceptLicence: async (licence) => {
        asked.push(licence)
        throw new Error('no')
      },
    })
    await expect(refusal).rejects.toThrow('no')
    expect(asked).toEqual(['other'])
    expect(hub.requests).toHaveLength(1)
    expect(await readdir(cacheDir)).toEqual([])
  })

  it('shows the token to the hub, and not to where it redirects', async () => {
    await writeFile(join(cacheDir, 'token'), 'hf_secret\n')
    await pulled()
    const tokens = (origin: string) =>
      new Set(hub.requests.filter((one) => one.origin === origin).map(({ headers }) => headers.authorization))
    expect(tokens('hub')).toEqual(new Set(['Bearer hf_secret']))
    expect(tokens('cdn')).toEqual(new Set([undefined]))
  })

  it('goes through the proxy of the environment, but where NO_PROXY says so', async () => {
    let through = 0
    const proxy = createServer((request, response) => {
      through++
      const { host, pathname, search } = new URL(request.url ?? '')
      const [hostname = '', port] = host.split(':')
      httpRequest({ hostname, port, path: pathname + search, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }).end()
    }).on('connect', (request, socket) => {
      through++
      const [host = '', port] = (request.url ?? '').split(':')
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        target.pipe(socket).pipe(target)
      })
      for (const one of [target, socket]) one.on('error', () => one.destroy())
    })
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
    const address = proxy.address()
    vi.stubEnv('http_proxy', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
    vi.stubEnv('no_proxy', '')
    await pulled()
    expect(through).toBeGreaterThan(0)
    vi.stubEnv('no_proxy', '127.0.0.1')
    const before = through
    await removed({})
    await pulled()
    expect(through).toBe(before)
    proxy.closeAllConnections()
    await new Promise((done) => proxy.close(done))
  })

  it('waits for another pull of the same model', async () => {
    let waited = 0
    const results = await Promise.all([1, 2, 3].map(() => pulled(NAME, { onWait: () => waited++ })))
    expect(waited).toBe(2)
    expect(results.filter(({ fetched }) => fetched)).toHaveLength(1)
    expect(weightRequests()).toHaveLength(1)
  })
})

describe('a pull that is disturbed', () => {
  it('goes on where a connection was cut, stalled or refused for a while', async () => {
    faultsOf(
      { cutAfter: 100_000 },
      { status: 500 },
      { status: 429, headers: { 'retry-after': '0' } },
      { stallAfter: 50_000 },
      { status: 503, headers: { 'retry-after': '0' } },
    )
    await pulled()
    await works()
    // A connection that is cut may lose what was sent last: no request begins later than what was sent before it.
    const starts = weightRequests().map(({ headers }) => Number(/\d+/.exec(headers.range ?? '0')?.[0]))
    const sent = [0, 100_000, 100_000, 100_000, 150_000, 150_000]
    expect(starts).toHaveLength(sent.length)
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(starts.every((start, i) => start <= (sent[i] ?? 0))).toBe(true)
    expect(starts.at(-1)).toBeGreaterThan(0)
  })

  it('goes on in a later pull, after it was stopped', async () => {
    const controller = new AbortController()
    faultsOf({ stallAfter: 200_000 })
    let have = 0
    const stopped = pulled(NAME, {
      signal: controller.signal,
      onBytes: (delta) => {
        have += delta
        if (have > 150_000) controller.abort()
      },
    })
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' })
    expect(await cachedModels(cacheDir)).toEqual([])
    await expect(installedEmbedder(NAME, cacheDir)).rejects.toMatchObject({ code: 'unknown_model' })
    await pulled()
    expect(weightRequests().at(-1)?.headers.range).toMatch(/^bytes=1\d{5}-$/)
    await works()
  })

  it('begins again where the server does not continue, or has fewer bytes than it lists', async () => {
    faultsOf({ cutAfter: 100_000 }, { ignoreRange: true })
    await pulled()
    await works()
    await removed({})
    faultsOf({ content: WEIGHTS.subarray(0, 1000) })
    await pulled()
    await works()
  })

  it.each([
    ['other bytes', Buffer.alloc(WEIGHTS.length + Buffer.from(embedder[NETWORK] ?? '').length, 'x')],
    ['fewer bytes', WEIGHTS.subarray(0, 100_000)],
    ['more bytes', Buffer.alloc(400_000)],
    ['no bytes', Buffer.alloc(0)],
  ])('ends without a model when %s come again and again', async (_, content) => {
    faultsOf(...Array.from({ length: 20 }, () => ({ content })))
    const failure = await pulled().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: expect.stringMatching(/pull_failed|hub_unreachable/) })
    expect(await cachedModels(cacheDir)).toEqual([])
    hub.fault = () => undefined
    await pulled()
    await works()
  })

  it.each([
    [{ status: 401, headers: { 'x-error-code': 'GatedRepo' } }, 'hub_refused', 'accept its terms'],
    [{ status: 403 }, 'hub_refused', 'HF_TOKEN'],
    [{ status: 401, headers: { 'x-error-code': 'RepoNotFound' } }, 'unknown_model', 'private'],
    [{ status: 429, headers: { 'retry-after': '3600' } }, 'rate_limited', 'limits the rate'],
    [{ status: 418 }, 'pull_failed', '418'],
  ] satisfies [Fault, string, string][])('tells what %j means', async (fault, code, text) => {
    hub.fault = () => fault
    await expect(pulled()).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
    expect(hub.requests).toHaveLength(1)
  })

  it('gives up when the hub fails all the time, is not there, or is no hub', async () => {
    hub.fault = () => ({ status: 500, headers: { 'retry-after': '0' } })
    await expect(pulled()).rejects.toMatchObject({ code: 'hub_unreachable' })
    expect(hub.requests).toHaveLength(6)
    hub.fault = () => undefined
    const settings = {
      ...hubSettings({ HF_ENDPOINT: `${hub.endpoint}/elsewhere`, HF_HOME: cacheDir }),
      stallMs: 1000,
      pauseMs: 1,
    }
    await expect(pulled(NAME, { settings })).rejects.toMatchObject({ code: 'unknown_model' })
    await expect(pulled(NAME, {}, { HF_HUB_OFFLINE: '1' })).rejects.toMatchObject({
      code: 'hub_unreachable',
      message: expect.stringContaining('HF_HUB_OFFLINE'),
    })
  })

  it('refuses what is no model, an unknown revision, and what does not exist', async () => {
    await expect(pulled('tiny/torch')).rejects.toMatchObject({
      code: 'unsupported_model',
      message: expect.stringContaining('no ONNX export'),
    })
    await expect(pulled('tiny/nothing')).rejects.toMatchObject({ code: 'unknown_model' })
    await expect(pulled(NAME, { revision: 'v9' })).rejects.toMatchObject({
      code: 'unknown_model',
      message: expect.stringContaining('no revision v9'),
    })
    expect(await cachedModels(cacheDir)).toEqual([])
  })
})

it('reads the variables of the hub’s own tools', async () => {
  expect(hubSettings({ HF_HOME: '/nowhere' })).toEqual({
    endpoint: 'https://huggingface.co',
    offline: false,
    stallMs: 30_000,
    pauseMs: 500,
  })
  const env = { HF_HOME: '/nowhere', HF_ENDPOINT: 'https://mirror/', HF_TOKEN: 'a', HF_HUB_OFFLINE: 'TRUE' }
  expect(hubSettings(env)).toMatchObject({
    endpoint: 'https://mirror',
    token: 'a',
    offline: true,
  })
})
