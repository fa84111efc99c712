/** Sessions of onnxruntime-node, and the inputs of text encoders. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { errorText } from '../src/domain/errors.ts'

export interface InferenceOptions {
  /** Threads inside one computation. */
  readonly threads: number
  /** The setting `models.executionProvider`: `cpu`, `cuda`, …. */
  readonly provider: string
}

/** Prefix of error messages if the execution provider fails rather than the network. */
export const PROVIDER_FAILED = 'The execution provider failed: '

/** Loads a network with the external data beside it. Throws what onnxruntime-node throws. */
export async function openSession(path: string, options: InferenceOptions): Promise<InferenceSession> {
  if (options.provider === 'cpu') return create(path, options)
  try {
    return await create(path, options)
  } catch (thrown) {
    // If it loads on the CPU, the network is fine.
    const session = await create(path, { ...options, provider: 'cpu' })
    await session.release()
    throw new Error(PROVIDER_FAILED + errorText(thrown))
  }
}

function create(path: string, { threads, provider }: InferenceOptions): Promise<InferenceSession> {
  return InferenceSession.create(path, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Would keep a memory plan for every input length: 200 MB more after 240 passages.
    enableMemPattern: false,
    // Spinning threads halve the throughput of a busy machine.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
}

type Feeds = (ids: readonly number[], types?: readonly number[]) => Record<string, Tensor>

/** Makes the graph's inputs for one text, without padding. Throws if the graph has inputs that text encoders lack. */
export function feedsOf(inputs: InferenceSession['inputMetadata']): Feeds {
  const makers = inputs.map(({ name }) => {
    const make = INPUTS[name]
    if (make === undefined)
      throw new Error(`the network has the input \`${name}\`, which text encoders do not have`)
    return [name, make] as const
  })
  return (ids, types) => {
    const shape = [1, ids.length]
    return Object.fromEntries(
      makers.map(([name, make]) => [name, new Tensor('int64', make(ids, types), shape)]),
    )
  }
}

const INPUTS: Readonly<Record<string, (ids: readonly number[], types?: readonly number[]) => BigInt64Array>> =
  {
    input_ids: (ids) => BigInt64Array.from(ids, BigInt),
    attention_mask: (ids) => new BigInt64Array(ids.length).fill(1n),
    token_type_ids: (ids, types) =>
      types === undefined ? new BigInt64Array(ids.length) : BigInt64Array.from(types, BigInt),
  }
