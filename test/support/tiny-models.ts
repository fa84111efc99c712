/** Models of a few hundred bytes, laid out as on the hub, whose output can be told by hand. */
import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import {
  type ElementType,
  float16s,
  float32s,
  onnxModel,
  type ValueInfo,
  type Weights,
} from './onnx-writer.ts'

export type Files = Readonly<Record<string, string | Uint8Array>>

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'red', 'green', 'blue', '##s']
/** Row i is the vector of token i. */
export const TABLE: readonly (readonly number[])[] = VOCABULARY.map((_, i) => [
  1,
  i % 2,
  i / 4,
  i === 5 ? 4 : 0,
])
const WIDTH = 4

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const special = (id: number) => ({ id: VOCABULARY[id], type_id: 0 })
const TOKENIZER: Files = {
  'tokenizer_config.json': json({
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    model_max_length: 16,
  }),
  'tokenizer.json': json({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [0, 1, 2, 3].map((id) => ({
      id,
      content: VOCABULARY[id],
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: special(2) },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: special(3) },
      ],
      pair: [
        { SpecialToken: special(2) },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: special(3) },
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { ...special(3), type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(
        [2, 3].map((id) => [VOCABULARY[id], { id: VOCABULARY[id], ids: [id], tokens: [VOCABULARY[id]] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
    },
  }),
}

const CARD = '---\nlicense: mit\nlanguage: en\n---\n# A tiny model for tests\n'
const INPUTS: readonly ValueInfo[] = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
  name,
  type: 'int64',
  dims: ['batch', 'sequence'],
}))

function table(columns: number, type: ElementType, external?: string): Weights {
  const values = TABLE.flatMap((row) => row.slice(0, columns))
  const data = type === 'float16' ? float16s(values) : float32s(values)
  return {
    name: 'table',
    type,
    dims: [TABLE.length, columns],
    data,
    external,
  }
}

/** Its `last_hidden_state` holds each token's row of `TABLE`. */
function embedderNetwork(type: ElementType, external?: string): Uint8Array {
  return onnxModel({
    inputs: INPUTS,
    outputs: [{ name: 'last_hidden_state', type, dims: ['batch', 'sequence', WIDTH] }],
    nodes: [{ op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['last_hidden_state'] }],
    weights: [table(WIDTH, type, external)],
  })
}

const embedderConfig = {
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: WIDTH,
  max_position_embeddings: 16,
}

/** fp32 in two files, fp16 in one; `pooling` is the mode's name in `1_Pooling/config.json`. */
export const tinyEmbedder = (pooling?: string): Files => ({
  ...TOKENIZER,
  'README.md': CARD,
  'config.json': json(embedderConfig),
  ...(pooling === undefined
    ? {}
    : { '1_Pooling/config.json': json({ word_embedding_dimension: WIDTH, [pooling]: true }) }),
  'onnx/model.onnx': embedderNetwork('float32', 'model.onnx_data'),
  'onnx/model.onnx_data': table(WIDTH, 'float32').data,
  'onnx/model_fp16.onnx': embedderNetwork('float16'),
})

/** Its logit is the sum over all tokens of (1 for the token + its type). */
export const tinyReranker = (labels = 1): Files => ({
  ...TOKENIZER,
  'README.md': CARD,
  'config.json': json({
    ...embedderConfig,
    architectures: ['BertForSequenceClassification'],
    id2label: Object.fromEntries(Array.from({ length: labels }, (_, i) => [i, `LABEL_${i}`])),
  }),
  'onnx/model_quantized.onnx': onnxModel({
    inputs: INPUTS,
    outputs: [{ name: 'logits', type: 'float32', dims: ['batch', 1] }],
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['ones'] },
      { op: 'Cast', inputs: ['token_type_ids'], outputs: ['types'], attributes: { to: 1 } },
      { op: 'Unsqueeze', inputs: ['types', 'last'], outputs: ['column'] },
      { op: 'Add', inputs: ['ones', 'column'], outputs: ['sums'] },
      { op: 'ReduceSum', inputs: ['sums', 'first'], outputs: ['logits'], attributes: { keepdims: 0 } },
    ],
    weights: [
      table(1, 'float32'),
      { name: 'last', type: 'int64', dims: [1], data: new Uint8Array(BigInt64Array.of(2n).buffer) },
      { name: 'first', type: 'int64', dims: [1], data: new Uint8Array(BigInt64Array.of(1n).buffer) },
    ],
  }),
})

export async function writeFolder(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** As the hub's own tools leave it: blobs named after their checksums, snapshots of links to them. */
export async function writeHubCache(
  cacheDir: string,
  repository: string,
  commit: string,
  files: Files,
): Promise<string> {
  const folder = join(cacheDir, `models--${repository.replace('/', '--')}`)
  const snapshot = join(folder, 'snapshots', commit)
  await writeFolder(folder, { 'refs/main': commit })
  for (const [path, content] of Object.entries(files)) {
    const blob = join(folder, 'blobs', createHash('sha256').update(content).digest('hex'))
    const link = join(snapshot, path)
    await mkdir(dirname(blob), { recursive: true })
    await mkdir(dirname(link), { recursive: true })
    await writeFile(blob, content)
    await symlink(relative(dirname(link), blob), link)
  }
  return snapshot
}
