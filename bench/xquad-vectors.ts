/**
 * XQuAD cut as `ingest` does it, with the vectors of its chunks and questions, embedded once and kept in
 * `.cache/xquad-*`: what experiments with retrieval begin with.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { builtinModel } from '../models/builtin.ts'
import { startEmbedder } from '../models/embedder.ts'
import { loadTokenizer } from '../models/tokenizer.ts'
import type { EmbeddedChunk } from '../src/domain/document.ts'
import type { Language } from '../src/domain/language.ts'
import { parseDocument } from '../src/ingest/parse.ts'
import type { EmbedOptions } from '../src/ports/embedder.ts'
import type { ParsedDocument } from '../src/ports/parser.ts'
import { embedInput } from '../src/text/embed-input.ts'
import { loadXquad, type Question } from './xquad.ts'

export interface EmbeddedDocument extends Omit<ParsedDocument, 'chunks'> {
  /** Below examples/xquad/LANGUAGE, as `Question.document` names it. */
  readonly uri: string
  readonly bytes: Buffer
  readonly chunks: readonly EmbeddedChunk[]
}

export interface EmbeddedXquad {
  readonly documents: readonly EmbeddedDocument[]
  readonly questions: readonly (Question & { readonly vector: Float32Array })[]
}

export async function embeddedXquad(language: Language): Promise<EmbeddedXquad> {
  const { paragraphs, questions } = loadXquad(language)
  const tokenizer = loadTokenizer(builtinModel().folder)
  const parsed = await Promise.all(
    paragraphs.map(async ({ file }) => {
      const bytes = readFileSync(new URL(`../examples/xquad/${language}/${file}`, import.meta.url))
      return { uri: file, bytes, ...(await parseDocument(bytes, file, tokenizer, { maxTextLength: 1e6 })) }
    }),
  )
  const passages = await embedded(
    `xquad-${language}-chunks`,
    parsed.flatMap(({ chunks }) => chunks.map(({ embedText }) => embedInput(embedText))),
    'passage',
  )
  const asked = await embedded(
    `xquad-${language}-questions`,
    questions.map(({ text }) => text),
    'query',
  )
  let next = 0
  const documents = parsed.map(({ chunks, ...document }) => ({
    ...document,
    chunks: chunks.map((chunk) => ({ ...chunk, vector: at(passages, next++) })),
  }))
  return { documents, questions: questions.map((question, i) => ({ ...question, vector: at(asked, i) })) }
}

/** The texts' vectors, from the cache when it was made from the same texts by the same model. */
export async function embedded(
  name: string,
  texts: readonly string[],
  as: EmbedOptions['as'],
): Promise<Float32Array[]> {
  const model = builtinModel()
  const hash = createHash('sha256')
    .update(JSON.stringify([model.checksums, as, texts]))
    .digest('hex')
    .slice(0, 12)
  const folder = new URL('../.cache/', import.meta.url)
  const file = fileURLToPath(new URL(`${name}-${hash}.f32`, folder))
  if (!existsSync(file)) {
    const embedder = await startEmbedder({ model })
    const embeddings = await embedder.embed(texts, { as, priority: 'ingest' })
    await embedder.close()
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      file,
      Buffer.concat(
        embeddings.map(({ vector }) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
      ),
    )
  }
  const bytes = readFileSync(file)
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  return texts.map((_, i) => floats.subarray(i * model.dimensions, (i + 1) * model.dimensions))
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`there is no item ${index}`)
  return item
}
