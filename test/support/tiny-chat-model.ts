/** Chat models of a few kilobytes whose next token depends on all tokens before it, on their number and on the place. */
import { type ElementType, float16s, float32s, type Node, onnxModel, type Weights } from './onnx-writer.ts'

const SPECIAL = ['<|end|>', '<|user|>', '<|assistant|>', '<|system|>', '[UNK]']
const VOCABULARY: readonly string[] = [...SPECIAL, ...'abcdefghijkl']
const SIZE = VOCABULARY.length
export const CONTEXT = 64

export interface TinyChatOptions {
  /** Of keys and values. */
  readonly cache?: Extract<ElementType, 'float32' | 'float16'>
  readonly positions?: boolean
  /** The older kind of merged decoder. */
  readonly branch?: boolean
  readonly keepsLogits?: boolean
  /** Weights in a file of their own. */
  readonly external?: boolean
  /** It says these words, all different, whatever it is asked, and has room for a real prompt. */
  readonly says?: readonly string[]
}

interface Network {
  readonly vocabulary: readonly string[]
  readonly context: number
  readonly weights: Readonly<Record<'last' | 'before' | 'total' | 'position', number[][]>>
}

/** Small whole numbers that look random: halves hold them exactly. */
const noise = (row: number, column: number, salt: number): number =>
  (row * 31 + column * 17 + salt * 7 + row * column) % 23

const WEIGHTS = {
  last: matrix(SIZE, 1),
  before: matrix(SIZE, 2),
  total: matrix(CONTEXT + 1, 3),
  position: matrix(CONTEXT, 4),
}

function matrix(rows: number, salt: number): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    // The end never comes by itself: tests decide how long an answer is.
    Array.from({ length: SIZE }, (_, column) => (column < 5 ? -1000 : noise(row, column, salt))),
  )
}

const LONG_CONTEXT = 4096

function saying(words: readonly string[]): Network {
  const vocabulary = [...SPECIAL, ...words]
  const rows = (count: number, row: (index: number) => number | undefined) =>
    Array.from({ length: count }, (_, index) =>
      Array.from({ length: vocabulary.length }, (_, column) => (column === row(index) ? 1 : 0)),
    )
  const none = (count: number) => rows(count, () => undefined)
  const after = (token: string | undefined) =>
    token === '<|assistant|>' ? words[0] : (words[words.indexOf(token ?? '') + 1] ?? '<|end|>')
  return {
    vocabulary,
    context: LONG_CONTEXT,
    weights: {
      last: rows(vocabulary.length, (index) => vocabulary.indexOf(after(vocabulary[index]) ?? '')),
      before: none(vocabulary.length),
      total: none(LONG_CONTEXT + 1),
      position: none(LONG_CONTEXT),
    },
  }
}

/** What the network must write after the tokens, computed by hand. */
export function expectedTokens(
  prompt: readonly number[],
  count: number,
  { positions = false }: TinyChatOptions,
): number[] {
  const tokens = [...prompt]
  for (let i = 0; i < count; i++) {
    const scores = Array.from({ length: SIZE }, (_, column) => {
      const at = (rows: number[][], row: number) => rows[row]?.[column] ?? 0
      const before = tokens.reduce((sum, token) => sum + at(WEIGHTS.before, token), 0)
      const position = positions ? at(WEIGHTS.position, tokens.length - 1) : 0
      return at(WEIGHTS.last, tokens.at(-1) ?? 0) + before + at(WEIGHTS.total, tokens.length) + position
    })
    tokens.push(scores.indexOf(Math.max(...scores)))
  }
  return tokens.slice(prompt.length)
}

export const tokenIds = (text: string): number[] =>
  [...text.matchAll(/<\|\w+\|>|\S/g)].map(([token]) => VOCABULARY.indexOf(token))
export const tokenText = (ids: readonly number[]): string => ids.map((id) => VOCABULARY[id]).join(' ')

export function tinyChatModel(options: TinyChatOptions = {}): Readonly<Record<string, string | Uint8Array>> {
  const {
    cache = 'float32',
    positions = false,
    branch = false,
    keepsLogits = false,
    external = false,
    says,
  } = options
  const {
    vocabulary,
    context,
    weights: tables,
  } = says === undefined ? { vocabulary: VOCABULARY, context: CONTEXT, weights: WEIGHTS } : saying(says)
  const size = vocabulary.length
  const past = { type: cache, dims: ['batch_size', 1, 'past_sequence_length', size] } as const
  const present = { type: cache, dims: ['batch_size', 1, 'total_sequence_length', size] } as const
  const name = (kind: 'key' | 'value') => `past_key_values.0.${kind}`
  const nodes: Node[] = [
    // The cache holds each token's row of the unit matrix; its sum counts the tokens.
    { op: 'Gather', inputs: ['unit', 'input_ids'], outputs: ['rows'] },
    { op: 'Unsqueeze', inputs: ['rows', 'one'], outputs: ['new'] },
    { op: 'Concat', inputs: [name('key'), 'new'], outputs: ['present.0.key'], attributes: { axis: 2 } },
    { op: 'Concat', inputs: [name('value'), 'new'], outputs: ['present.0.value'], attributes: { axis: 2 } },
    { op: 'Cast', inputs: ['present.0.value'], outputs: ['held'], attributes: { to: 1 } },
    { op: 'ReduceSum', inputs: ['held', 'axes'], outputs: ['counts'], attributes: { keepdims: 0 } },
    { op: 'MatMul', inputs: ['counts', 'before'], outputs: ['ofAll'] },
    { op: 'Gather', inputs: ['last', 'input_ids'], outputs: ['ofLast'] },
    { op: 'ReduceSum', inputs: ['attention_mask', 'one'], outputs: ['tokens'], attributes: { keepdims: 0 } },
    { op: 'Gather', inputs: ['total', 'tokens'], outputs: ['ofTotal'] },
    { op: 'Add', inputs: ['ofLast', 'ofAll'], outputs: ['sum1'] },
    { op: 'Add', inputs: ['sum1', 'ofTotal'], outputs: ['sum2'] },
  ]
  let sum = 'sum2'
  const add = (inputs: Node[], term: string) => {
    nodes.push(...inputs, { op: 'Add', inputs: [sum, term], outputs: [`${sum}+`] })
    sum += '+'
  }
  if (positions)
    add([{ op: 'Gather', inputs: ['position', 'position_ids'], outputs: ['ofPlace'] }], 'ofPlace')
  if (branch) {
    const zero: Node[] = [
      { op: 'Cast', inputs: ['use_cache_branch'], outputs: ['flag'], attributes: { to: 1 } },
      { op: 'Mul', inputs: ['flag', 'nothing'], outputs: ['ofFlag'] },
    ]
    add(zero, 'ofFlag')
  }
  if (keepsLogits) {
    nodes.push(
      { op: 'Unsqueeze', inputs: ['num_logits_to_keep', 'first'], outputs: ['kept'] },
      { op: 'Neg', inputs: ['kept'], outputs: ['from'] },
      { op: 'Slice', inputs: [sum, 'from', 'far', 'one'], outputs: ['logits'] },
    )
  } else nodes.push({ op: 'Identity', inputs: [sum], outputs: ['logits'] })

  const weights: Weights[] = [
    table(
      'unit',
      cache,
      Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))),
      external,
    ),
    ...(['last', 'before', 'total', 'position'] as const)
      .filter((one) => positions || one !== 'position')
      .map((one) => table(one, 'float32', tables[one])),
    indices('one', [1]),
    indices('axes', [1, 2]),
    ...(keepsLogits ? [indices('first', [0]), indices('far', [1_000_000])] : []),
    ...(branch ? [table('nothing', 'float32', [[0]])] : []),
  ]
  const network = onnxModel({
    inputs: [
      { name: 'input_ids', type: 'int64', dims: ['batch_size', 'sequence_length'] },
      { name: 'attention_mask', type: 'int64', dims: ['batch_size', 'total_sequence_length'] },
      ...(positions
        ? [{ name: 'position_ids', type: 'int64', dims: ['batch_size', 'sequence_length'] } as const]
        : []),
      ...(keepsLogits ? [{ name: 'num_logits_to_keep', type: 'int64', dims: [] } as const] : []),
      ...(branch ? [{ name: 'use_cache_branch', type: 'bool', dims: [1] } as const] : []),
      { name: name('key'), ...past },
      { name: name('value'), ...past },
    ],
    outputs: [
      { name: 'logits', type: 'float32', dims: ['batch_size', 'kept', size] },
      { name: 'present.0.key', ...present },
      { name: 'present.0.value', ...present },
    ],
    nodes,
    weights,
  })
  return {
    ...textFiles(vocabulary, context),
    'onnx/model.onnx': network,
    ...(external ? { 'onnx/model.onnx_data': weights[0]?.data ?? '' } : {}),
  }
}

function table(
  name: string,
  type: 'float32' | 'float16',
  rows: readonly (readonly number[])[],
  external = false,
): Weights {
  const values = rows.flat()
  return {
    name,
    type,
    dims: [rows.length, rows[0]?.length ?? 0],
    data: type === 'float16' ? float16s(values) : float32s(values),
    ...(external ? { external: 'model.onnx_data' } : {}),
  }
}

const indices = (name: string, values: readonly number[]): Weights => ({
  name,
  type: 'int64',
  dims: [values.length],
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
})

const json = (value: unknown): string => JSON.stringify(value)
const textFiles = (vocabulary: readonly string[], context: number) => ({
  'config.json': json({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    max_position_embeddings: context,
    eos_token_id: 0,
  }),
  'generation_config.json': json({ eos_token_id: [0] }),
  'tokenizer_config.json': json({
    tokenizer_class: 'PreTrainedTokenizerFast',
    eos_token: '<|end|>',
    unk_token: '[UNK]',
    chat_template:
      "{% for m in messages %}{{ '<|' + m['role'] + '|> ' + m['content'] + ' <|end|> ' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
  }),
  'tokenizer.json': json({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.slice(0, 4).map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      unk_token: '[UNK]',
    },
  }),
})
