/**
 * A process that parses documents, to contain what a file can do to a parser: endless loops, gigabytes, a crash. It
 * ends with its parent, even in the middle of a document.
 */
import { readFile } from 'node:fs/promises'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { loadTokenizer, type ModelTokenizer } from '../../models/tokenizer.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { parseDocument } from '../../src/ingest/parse.ts'
import { recutDocument } from '../../src/ingest/split/recut.ts'
import type { ParsedDocument } from '../../src/ports/parser.ts'
import { type ParseReply, parseRequestSchema, storedDocumentSchema } from './parser-messages.ts'

const TEXT_SLICE = 128 * 1024
const CHUNKS_SLICE = 200
const PARENT_CHECK_MS = 1000

if (isMainThread) serve()
else endWithParent(z.int().parse(workerData))

function serve(): void {
  const tokenizers = new Map<string, ModelTokenizer>()
  process.on('disconnect', () => process.exit(0))
  process.on('message', async (message: unknown) => {
    for await (const reply of parse(parseRequestSchema.parse(message), tokenizers)) await send(reply)
  })
  // This thread doesn't see `disconnect` while it parses.
  new Worker(new URL(import.meta.url), { workerData: process.ppid }).unref()
}

function endWithParent(parent: number): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }, PARENT_CHECK_MS)
}

async function* parse(
  { path, uri, model, maxTextLength, password, stored }: z.output<typeof parseRequestSchema>,
  tokenizers: Map<string, ModelTokenizer>,
): AsyncGenerator<ParseReply> {
  try {
    const tokenizer = tokenizers.get(model) ?? loadTokenizer(model)
    tokenizers.set(model, tokenizer)
    const bytes = await readFile(path)
    const { text, chunks, ...document } = stored
      ? recut(bytes, tokenizer)
      : await parseDocument(bytes, uri, tokenizer, { maxTextLength, password })
    for (let at = 0; at < text.length; at += TEXT_SLICE)
      yield { type: 'text', text: text.slice(at, at + TEXT_SLICE) }
    for (let at = 0; at < chunks.length; at += CHUNKS_SLICE)
      yield {
        type: 'chunks',
        chunks: chunks.slice(at, at + CHUNKS_SLICE).map(({ ordinal: _, text: own, embedText, ...chunk }) => ({
          ...chunk,
          context: embedText.slice(0, embedText.length - own.length),
        })),
      }
    yield { type: 'document', ...document, warnings: [...document.warnings] }
  } catch (thrown) {
    const { code, message, detail } = ChatbotError.hide(
      thrown,
      'parser_failed',
      'The file could not be parsed.',
    )
    yield { type: 'failed', code, message, detail }
  }
}

function recut(bytes: Buffer, tokenizer: ModelTokenizer): ParsedDocument {
  const { title, text, linesMatchFile, chunks } = storedDocumentSchema.parse(JSON.parse(bytes.toString()))
  const made = recutDocument({ title, text, linesMatchFile, chunks }, tokenizer)
  const unused = { mediaType: '', language: 'en', warnings: [], metadata: {} } as const
  return { title, text, linesMatchFile, chunks: made, ...unused }
}

function send(reply: ParseReply): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(reply, undefined, {}, (error) => (error ? reject(error) : resolve()))
  })
}
