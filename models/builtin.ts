import { fileURLToPath } from 'node:url'
import type { Language } from '../src/domain/language.ts'
import type { LocalModel } from './description.ts'

const NAME = 'multilingual-e5-small-en-ru'
/** The build does not copy the model's files: dist/models/builtin.js reads models/builtin/. */
const FOLDER = new URL(
  `${import.meta.url.endsWith('.ts') ? '.' : '../../models'}/builtin/${NAME}`,
  import.meta.url,
)

interface BuiltinModel extends LocalModel {
  /** Those of its vocabulary. */
  readonly languages: readonly Language[]
  /** SPDX identifier in lower case. */
  readonly licence: string
}

/** The model in the package: multilingual-e5-small, its vocabulary trimmed to these languages, int8. */
export const builtinModel = (): BuiltinModel => ({
  name: NAME,
  folder: fileURLToPath(FOLDER),
  languages: ['en', 'ru'],
  licence: 'mit',
  dimensions: 384,
  maxTokens: 512,
  prefixes: { query: 'query: ', passage: 'passage: ' },
  pooling: 'mean',
  onnx: 'onnx/model_quantized.onnx',
  tokenOutput: 'last_hidden_state',
  // Identifies the vectors; it keeps the checksum of the earlier file, which gave the same ones but no token vectors.
  fingerprint: `${NAME}@5d8a601807fc`,
  checksums: {
    'onnx/model_quantized.onnx': '43db23974dcfdade83f51d2016900d1334f0b101ea148d12b170db56df5240cd',
    'tokenizer.json': 'd9a72e66f1d9fb979748f1fe0ed2ae656c1b41b0d149abb6ae6e370f82a6d073',
    'tokenizer_config.json': '709faceeb9c1fd3fbfa259b219e64cf6167924514ccb263b4642c589efe0e7ff',
    'config.json': 'd9546c23a28d6f7e379f442d3c285806da916488879c814819933257c91d83c2',
  },
})
