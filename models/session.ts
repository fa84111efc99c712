/** What every network needs of onnxruntime-node: a session, and the inputs that its graph asks for. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { errorText } from '../src/domain/errors.ts'

export interface InferenceOptions {
  /** Threads inside one computation. */
  readonly threads: number
  /** `cpu`, `cuda`, …: the setting `models.executionProvider`. */
  readonly provider: string
}

/** Begins the message of an error that is the execution provider's, not the network's. */
export const PROVIDER_FAILED = 'The execution provider failed: '

/** Loads a network, with its external data from beside it. Throws what onnxruntime-node throws. */
export async function openSession(path: string, options: InferenceOptions): Promise<InferenceSession> {
  if (options.provider === 'cpu') return create(path, options)
  try {
    return await create(path, options)
  } catch (thrown) {
    // Where the processor can load it the network is sound.
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
    // Plans memory for every length of input it meets, and keeps it: 200 MB more after 240 passages.
    enableMemPattern: false,
    // Spinning threads halve the throughput of a busy machine.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
}

type Feeds = (ids: readonly number[], types?: readonly number[]) => Record<string, Tensor>

/** One text, without padding, as the graph wants it; throws when it asks for what an encoder has not. */
export function feedsOf(inputs: InferenceSession['inputMetadata']): Feeds {
  const makers = inputs.map(({ name }) => {
    const make = INPUTS[name]
    if (make === undefined)
      throw new Error(`the network asks for \`${name}\`, which text encoders do not have`)
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
