/** Tested models, small ones first. Any other repository of the hub with an ONNX export can be used by name. */
import type { ModelRole } from './description.ts'

export interface CatalogEntry {
  /** Repository on the hub. */
  readonly name: string
  readonly role: ModelRole
  /** Approximate download: the default network and the tokenizer. The hub has the exact size. */
  readonly megabytes: number
  /** ISO 639-1 codes; `multilingual` for many. */
  readonly languages: readonly string[]
  /** Longest input of an embedder or reranker, context window of a generator, in tokens. */
  readonly tokens: number
  /** SPDX identifier in lower case, as on the hub. */
  readonly licence: string
  readonly about: string
}

/** Prefixes and pooling of embedders come from their files or their family (families.ts). */
export const CATALOG: readonly CatalogEntry[] = [
  {
    name: 'Xenova/all-MiniLM-L6-v2',
    role: 'embedder',
    megabytes: 24,
    languages: ['en'],
    tokens: 512,
    licence: 'apache-2.0',
    about: 'smallest and fastest; 384 dimensions',
  },
  {
    name: 'Xenova/bge-small-en-v1.5',
    role: 'embedder',
    megabytes: 35,
    languages: ['en'],
    tokens: 512,
    licence: 'mit',
    about: 'good and fast; 384 dimensions',
  },
  {
    name: 'Snowflake/snowflake-arctic-embed-s',
    role: 'embedder',
    megabytes: 35,
    languages: ['en'],
    tokens: 512,
    licence: 'apache-2.0',
    about: 'made for search; 384 dimensions',
  },
  {
    name: 'Xenova/multilingual-e5-small',
    role: 'embedder',
    megabytes: 136,
    languages: ['multilingual'],
    tokens: 512,
    licence: 'mit',
    about: 'the built-in model with all its languages; 384 dimensions',
  },
  {
    name: 'Xenova/multilingual-e5-base',
    role: 'embedder',
    megabytes: 296,
    languages: ['multilingual'],
    tokens: 512,
    licence: 'mit',
    about: 'better and slower; 768 dimensions',
  },
  {
    name: 'mixedbread-ai/mxbai-embed-large-v1',
    role: 'embedder',
    megabytes: 338,
    languages: ['en'],
    tokens: 512,
    licence: 'apache-2.0',
    about: 'best for English, but slow; 1024 dimensions',
  },
  {
    name: 'Xenova/bge-m3',
    role: 'embedder',
    megabytes: 588,
    languages: ['multilingual'],
    tokens: 8192,
    licence: 'mit',
    about: 'long texts; 1024 dimensions',
  },
  {
    name: 'Xenova/ms-marco-MiniLM-L-6-v2',
    role: 'reranker',
    megabytes: 24,
    languages: ['en'],
    tokens: 512,
    licence: 'apache-2.0',
    about: 'fastest',
  },
  {
    name: 'Xenova/ms-marco-MiniLM-L-12-v2',
    role: 'reranker',
    megabytes: 35,
    languages: ['en'],
    tokens: 512,
    licence: 'apache-2.0',
    about: 'a little better, half as fast',
  },
  {
    name: 'jinaai/jina-reranker-v1-turbo-en',
    role: 'reranker',
    megabytes: 40,
    languages: ['en'],
    tokens: 8192,
    licence: 'apache-2.0',
    about: 'long passages',
  },
  {
    name: 'onnx-community/bge-reranker-v2-m3-ONNX',
    role: 'reranker',
    megabytes: 588,
    languages: ['multilingual'],
    tokens: 8192,
    licence: 'apache-2.0',
    about: 'reads Russian too; slow without a graphics card',
  },
  {
    name: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    role: 'generator',
    megabytes: 180,
    languages: ['en'],
    tokens: 8192,
    licence: 'apache-2.0',
    about: 'very weak: for testing',
  },
  {
    name: 'HuggingFaceTB/SmolLM2-360M-Instruct',
    role: 'generator',
    megabytes: 370,
    languages: ['en'],
    tokens: 8192,
    licence: 'apache-2.0',
    about: 'weak, fast',
  },
  {
    name: 'onnx-community/Qwen2.5-0.5B-Instruct',
    role: 'generator',
    megabytes: 800,
    languages: ['multilingual'],
    tokens: 32_768,
    licence: 'apache-2.0',
    about: 'short answers in many languages',
  },
  {
    name: 'onnx-community/Qwen3-0.6B-ONNX',
    role: 'generator',
    megabytes: 930,
    languages: ['multilingual'],
    tokens: 40_960,
    licence: 'apache-2.0',
    about: 'better, and may think first',
  },
  {
    name: 'onnx-community/Qwen2.5-1.5B-Instruct',
    role: 'generator',
    megabytes: 1800,
    languages: ['multilingual'],
    tokens: 32_768,
    licence: 'apache-2.0',
    about: 'best of these; needs 4 GB of memory',
  },
]

export const catalogEntry = (name: string): CatalogEntry | undefined =>
  CATALOG.find((entry) => entry.name.toLowerCase() === name.toLowerCase())

/** Licences that allow any use of a model; others need confirmation. */
const OPEN_LICENCES: ReadonlySet<string> = new Set([
  'mit',
  'apache-2.0',
  'bsd',
  'bsd-2-clause',
  'bsd-3-clause',
  'isc',
  'mpl-2.0',
  'cc0-1.0',
  'cc-by-4.0',
  'cc-by-sa-4.0',
  'unlicense',
  'wtfpl',
])

export const isOpenLicence = (licence: string | undefined): boolean =>
  licence !== undefined && OPEN_LICENCES.has(licence.toLowerCase())
