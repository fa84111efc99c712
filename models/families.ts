/** Usage of well-known families of embedding models whose files do not state it. */
import type { LocalModel } from './description.ts'

type Usage = Pick<LocalModel, 'pooling' | 'prefixes'>

const NONE = { query: '', passage: '' }
const FAMILIES: readonly (Usage & { readonly names: RegExp })[] = [
  {
    names: /(^|[-/])e5-(small|base|large)(?!.*instruct)/i,
    pooling: 'mean',
    prefixes: { query: 'query: ', passage: 'passage: ' },
  },
  {
    names: /bge-(micro|small|base|large)-en|mxbai-embed|snowflake-arctic-embed-(xs|s|m|l)(?!.*v2)/i,
    pooling: 'cls',
    prefixes: { query: 'Represent this sentence for searching relevant passages: ', passage: '' },
  },
  {
    names: /snowflake-arctic-embed-[\w.-]{0,20}v2/i,
    pooling: 'cls',
    prefixes: { query: 'query: ', passage: '' },
  },
  { names: /bge-m3|gte-(base|large)-en-v1\.5|gte-multilingual/i, pooling: 'cls', prefixes: NONE },
  {
    names: /nomic-embed-text/i,
    pooling: 'mean',
    prefixes: { query: 'search_query: ', passage: 'search_document: ' },
  },
  {
    names: /gte-(small|base|large)|MiniLM|mpnet|distiluse|jina-embeddings-v2/i,
    pooling: 'mean',
    prefixes: NONE,
  },
]

/** By the first known name: the repository's, then those of its base models. */
export function familyOf(names: readonly string[]): Usage | undefined {
  for (const name of names) {
    const family = FAMILIES.find((candidate) => candidate.names.test(name))
    if (family) return { pooling: family.pooling, prefixes: family.prefixes }
  }
  return undefined
}
