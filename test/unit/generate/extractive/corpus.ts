/** Documents as the generator gets them: loaded, split, embedded and searched with the real model, in memory. */

import { builtinModel } from '../../../../models/builtin.ts'
import { type LocalEmbedder, startEmbedder } from '../../../../models/embedder.ts'
import { lateInteraction } from '../../../../models/late-interaction.ts'
import { loadTokenizer } from '../../../../models/tokenizer.ts'
import type { Citation, Passage } from '../../../../src/domain/answer.ts'
import { type Block, type Excerpt, MAX_OPENING_CHARACTERS } from '../../../../src/domain/block.ts'
import type { Certainty } from '../../../../src/domain/certainty.ts'
import { cosine } from '../../../../src/domain/cosine.ts'
import { extractiveGenerator } from '../../../../src/generate/extractive/extractive.ts'
import { blocksOf } from '../../../../src/ingest/blocks/blocks.ts'
import { loadDocument } from '../../../../src/ingest/loaders/load.ts'
import { flatMetadata } from '../../../../src/ingest/loaders/writing/metadata.ts'
import { splitDocument } from '../../../../src/ingest/split/splitter.ts'
import type { Embedder, Embedding } from '../../../../src/ports/embedder.ts'
import { embedInput } from '../../../../src/text/embed-input.ts'
import { detectLanguage } from '../../../../src/text/language.ts'
import { excerptsOfTexts } from '../../../../src/text/paragraphs.ts'
import { workFor } from '../../../support/engine-work.ts'

export interface TestAnswer {
  readonly text: string
  readonly deltas: readonly string[]
  readonly citations: readonly Citation[]
  readonly certainty: Certainty
}

export interface TestCorpus extends AsyncDisposable {
  readonly embedder: Embedder
  /** Adds a file; its name tells the format. */
  add: (uri: string, source: string) => Promise<void>
  /** The stored text of a document. */
  text: (uri: string) => string
  /** The six best passages of documents whose uri begins with `under`. */
  search: (question: string, under?: string) => Promise<Passage[]>
  ask: (question: string, under?: string) => Promise<TestAnswer>
  askOf: (question: string, passages: readonly Passage[], signal?: AbortSignal) => Promise<TestAnswer>
}

/** `given`: instead of the built-in model. */
export async function testCorpus(given?: LocalEmbedder): Promise<TestCorpus> {
  const model = builtinModel()
  const running = given ?? (await startEmbedder({ model }))
  const embedder = remembering(running)
  const tokenizer = loadTokenizer(model.folder)
  const texts = new Map<string, string>()
  const blocks = new Map<string, Block[]>()
  const heads = new Map<string, Pick<Excerpt, 'metadata' | 'opening'>>()
  const stored: { passage: Passage; vector: Float32Array }[] = []

  const vectorOf = async (question: string) => {
    const [embedding] = await embedder.embed([question], { as: 'query', priority: 'question' })
    if (embedding === undefined) throw new Error('no vector')
    return embedding.vector
  }

  /** Of what is no document of the corpus, the paragraphs. */
  const excerptsOf = (passages: readonly Passage[]): Excerpt[] =>
    excerptsOfTexts(passages).map((excerpt) => {
      const text = texts.get(excerpt.uri)
      return text === undefined
        ? excerpt
        : {
            ...excerpt,
            ...heads.get(excerpt.uri),
            blocks: blocks.get(excerpt.uri) ?? [],
            text: ({ start, end }) => text.slice(start, end),
          }
    })

  const corpus: TestCorpus = {
    embedder,
    async add(uri, source) {
      const document = await loadDocument(Buffer.from(source), uri, { maxTextLength: 1_000_000 })
      const chunks = splitDocument(document, tokenizer)
      const embeddings = await embedder.embed(
        chunks.map((chunk) => embedInput(chunk.embedText)),
        { as: 'passage', priority: 'ingest' },
      )
      texts.set(uri, document.text)
      blocks.set(uri, blocksOf(document))
      heads.set(uri, {
        metadata: flatMetadata(document.metadata),
        opening: chunks[0]?.text.slice(0, MAX_OPENING_CHARACTERS) ?? '',
      })
      for (const [i, { start, end, text, heading, line }] of chunks.entries()) {
        const vector = embeddings[i]?.vector ?? new Float32Array()
        const place = { document: uri, collection: 'test', uri, title: document.title, chunk: `${uri}:${i}` }
        const passage = { ...place, number: 1, start, end, text, score: 0 }
        stored.push({
          passage: {
            ...passage,
            ...(heading === '' ? {} : { heading }),
            line,
          },
          vector,
        })
      }
    },
    text: (uri) => texts.get(uri) ?? '',
    async search(question, under = '') {
      const vector = await vectorOf(question)
      return stored
        .filter(({ passage }) => passage.uri.startsWith(under))
        .map((item) => ({ ...item.passage, score: cosine(vector, item.vector) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, 6)
        .map((passage, index) => ({ ...passage, number: index + 1 }))
    },
    ask: async (question, under) => corpus.askOf(question, await corpus.search(question, under)),
    async askOf(question, passages, signal = new AbortController().signal) {
      const deltas: string[] = []
      const citations: Citation[] = []
      let certainty: Certainty | undefined
      const events = extractiveGenerator({ embedder }).generate({
        question,
        standalone: question,
        questionVector: await vectorOf(question),
        language: detectLanguage(question),
        passages,
        excerpts: excerptsOf(passages),
        history: [],
        ...workFor('somebody', signal),
      })
      for await (const event of events) {
        if (event.type === 'delta') deltas.push(event.text)
        else if (event.type === 'citation') citations.push(event.citation)
        else certainty = event.certainty
      }
      if (certainty === undefined) throw new Error('the answer did not end')
      return { text: deltas.join(''), deltas, citations, certainty }
    },
    [Symbol.asyncDispose]: () => running.close(),
  }
  return corpus
}

/** The same sentences come up in many tests. */
function remembering(embedder: LocalEmbedder): Embedder {
  const known = new Map<string, Embedding>()
  return {
    model: embedder.model,
    interact: lateInteraction(embedder.encode),
    async embed(texts, options) {
      options.signal?.throwIfAborted()
      const missing = [...new Set(texts)].filter((text) => !known.has(options.as + text))
      for (const [i, embedding] of (await embedder.embed(missing, options)).entries())
        known.set(`${options.as}${missing[i]}`, embedding)
      return texts.flatMap((text) => known.get(options.as + text) ?? [])
    },
  }
}
