/** Causal language models in the ONNX layout of transformers.js: the inputs of their graphs, and the KV cache. */
import { type InferenceSession, Tensor } from 'onnxruntime-node'
import { feedable, float32 } from './float16.ts'
import { type InferenceOptions, openSession } from './session.ts'

type CacheType = 'float32' | 'float16'

/** A `past_key_values.*` input and its matching `present.*` output. */
interface CacheTensor {
  readonly past: string
  readonly present: string
  readonly type: CacheType
  readonly heads: number
  readonly size: number
}

/** The KV cache of one text so far. */
export interface Cache {
  /** Number of cached tokens. */
  length: number
  /** Capacity in tokens of fixed buffers; otherwise undefined. */
  capacity: number | undefined
  tensors: Record<string, Tensor>
}

export interface CausalNetwork {
  /** Bytes of the cache per token. */
  readonly bytesPerToken: number
  /** Whether fixed buffers serve as input and output at once, without a copy per token. */
  readonly fixed: boolean
  cache: (tokens: number) => Cache
  /** Resizes the cache to this capacity, keeping the first `length` tokens. */
  resized: (cache: Cache, length: number, tokens: number) => Cache
  /** Appends tokens to the cache and returns the logits of the next token. */
  forward: (cache: Cache, ids: readonly number[]) => Promise<Float32Array>
  release: () => Promise<void>
}

/** Throws for graphs with unknown inputs, and errors of onnxruntime-node. */
export async function openCausal(path: string, options: InferenceOptions): Promise<CausalNetwork> {
  const session = await openSession(path, options)
  const tensors = cacheTensors(session)
  const growing = network(session, tensors, false)
  const fixed = network(session, tensors, true)
  return (await agree(growing, fixed)) ? fixed : growing
}

/**
 * Graphs that write into the given buffer (GroupQueryAttention) read its valid length from the mask; those that append
 * would use the whole buffer. A graph's signature does not tell which it is, so both ways are tried.
 */
async function agree(growing: CausalNetwork, fixed: CausalNetwork): Promise<boolean> {
  const scores = async (tried: CausalNetwork) => {
    const cache = tried.cache(8)
    await tried.forward(cache, [1, 2, 3])
    return tried.forward(cache, [4])
  }
  const expected = await scores(growing)
  const found = await scores(fixed).catch(() => undefined)
  if (found === undefined || found.length !== expected.length) return false
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return found.every((value, i) => Math.abs(value - (expected[i] ?? 0)) < 1e-3 * scale)
}

function network(
  session: InferenceSession,
  cacheTensors: readonly CacheTensor[],
  fixed: boolean,
): CausalNetwork {
  const inputs = session.inputMetadata
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('past_key_values.'))
  const bytes = { float32: 4, float16: 2 }
  const make = ({ type, heads, size }: CacheTensor, tokens: number, source?: CacheData) =>
    feedable(new Tensor(type, source ?? emptyData(type, heads * tokens * size), [1, heads, tokens, size]))

  function cache(tokens: number): Cache {
    const room = fixed ? tokens : 0
    return {
      length: 0,
      capacity: fixed ? tokens : undefined,
      tensors: Object.fromEntries(cacheTensors.map((one) => [one.past, make(one, room)])),
    }
  }

  function resized(from: Cache, length: number, tokens: number): Cache {
    // The cost of a step depends on the capacity, not on the length: much larger buffers are not reused.
    if (from.capacity !== undefined && from.capacity >= tokens && from.capacity < 1.25 * tokens)
      return { ...from, length }
    if (from.capacity === undefined && from.length === length) return from
    const to = fixed ? tokens : length
    const copies = cacheTensors.map((one) => {
      const source = typedData(from.tensors[one.past], one)
      const target = emptyData(one.type, one.heads * to * one.size)
      const had = source.length / one.heads
      for (let head = 0; head < one.heads; head++)
        target.set(source.subarray(head * had, head * had + length * one.size), head * to * one.size)
      free(from.tensors[one.past])
      return [one.past, make(one, to, target)] as const
    })
    return { length, capacity: fixed ? tokens : undefined, tensors: Object.fromEntries(copies) }
  }

  async function forward(cache: Cache, ids: readonly number[]): Promise<Float32Array> {
    const total = cache.length + ids.length
    const feeds: Record<string, Tensor> = { ...cache.tensors }
    for (const name of inputs) feeds[name] = inputOf(name, cache.length, ids)
    const fetches = Object.fromEntries(
      cacheTensors.map(({ past, present }) => [present, fixed ? (cache.tensors[past] ?? null) : null]),
    )
    const outputs = await session.run(feeds, { ...fetches, logits: null })
    if (!fixed) {
      const before = cache.tensors
      cache.tensors = Object.fromEntries(
        cacheTensors.map(({ past, present }) => [past, feedable(given(outputs, present))]),
      )
      for (const tensor of Object.values(before)) free(tensor)
    } else for (const { past, present } of cacheTensors) free(outputs[present], cache.tensors[past])
    cache.length = total
    const logits = given(outputs, 'logits')
    const [, kept = 1, vocabulary = 0] = logits.dims
    const all = float32(logits)
    logits.dispose()
    return all.subarray((kept - 1) * vocabulary)
  }

  return {
    bytesPerToken: cacheTensors.reduce((sum, { type, heads, size }) => sum + bytes[type] * heads * size, 0),
    fixed,
    cache,
    resized,
    forward,
    release: () => session.release(),
  }
}

const given = (outputs: InferenceSession.OnnxValueMapType, name: string): Tensor => {
  const tensor = outputs[name]
  if (tensor === undefined) throw new Error(`the network gives no \`${name}\``)
  return tensor
}

/**
 * onnxruntime-node also copies a whole output buffer of ours for each token: leaving those copies to the garbage
 * collector costs a third of the step.
 */
function free(tensor: Tensor | undefined, kept?: Tensor): void {
  const data = tensor?.data
  if (!ArrayBuffer.isView(data) || data === kept?.data) return
  if (data.buffer instanceof ArrayBuffer) data.buffer.transfer(0)
}

type CacheData = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

/** float16 values stay as their bits: nothing here computes with them. */
const emptyData = (type: CacheType, length: number): CacheData =>
  type === 'float32' ? new Float32Array(length) : new Uint16Array(length)

function typedData(tensor: Tensor | undefined, { past, type }: CacheTensor): Float32Array | Uint16Array {
  const data = tensor?.data
  if (!ArrayBuffer.isView(data)) throw new Error(`the cache has no \`${past}\``)
  const { buffer, byteOffset, byteLength } = data
  return type === 'float32'
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Uint16Array(buffer, byteOffset, byteLength / 2)
}

function inputOf(name: string, past: number, ids: readonly number[]): Tensor {
  const total = past + ids.length
  switch (name) {
    case 'input_ids':
      return new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length])
    case 'attention_mask':
      return new Tensor('int64', new BigInt64Array(total).fill(1n), [1, total])
    case 'position_ids':
      return new Tensor(
        'int64',
        BigInt64Array.from(ids, (_, i) => BigInt(past + i)),
        [1, ids.length],
      )
    case 'num_logits_to_keep':
      return new Tensor('int64', new BigInt64Array([1n]), [])
    case 'use_cache_branch':
      return new Tensor('bool', [past > 0], [1])
    default:
      throw new Error(`the network has the input \`${name}\`, which chat models do not have`)
  }
}

function cacheTensors({ inputMetadata, outputNames }: InferenceSession): CacheTensor[] {
  const found = inputMetadata.flatMap((input): CacheTensor[] => {
    if (!input.name.startsWith('past_key_values.')) return []
    const present = input.name.replace('past_key_values', 'present')
    const [, heads, , size] = input.isTensor ? input.shape : []
    const type = input.isTensor ? input.type : undefined
    if (!outputNames.includes(present)) throw new Error(`the network gives no \`${present}\``)
    if ((type !== 'float32' && type !== 'float16') || typeof heads !== 'number' || typeof size !== 'number')
      throw new Error(`\`${input.name}\` is no [batch, heads, tokens, size] of float32 or float16`)
    return [{ past: input.name, present, type, heads, size }]
  })
  if (found.length === 0)
    throw new Error(
      'the network has no `past_key_values`: export it with a cache (text-generation-with-past)',
    )
  return found
}
