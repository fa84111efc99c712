import { ChatbotError } from '../domain/errors.ts'
import type { Principal } from '../domain/principal.ts'
import type { DocumentParser } from '../ports/parser.ts'
import type { Staged, StageTarget } from '../ports/store/staging.ts'
import type { Store } from '../ports/store/store.ts'
import type { IngestFile } from './ingest.ts'
import { newDocument } from './new-document.ts'

/**
 * Parses one file and stages it for a job, which embeds it and makes it searchable. What ends it earlier (an error,
 * the signal, a crash) leaves nothing behind that could be found. Throws what the parser and `StagingRepository.stage` throw.
 */
export async function stageDocument(
  principal: Principal,
  target: StageTarget,
  file: IngestFile,
  { store, parser, signal }: { store: Store; parser: DocumentParser; signal: AbortSignal },
): Promise<Staged> {
  const { path, uri, password } = file
  const parsed = await parser.parse({ path, uri, password, model: target.spec.reference, signal })
  if (signal.aborted) throw new ChatbotError('cancelled', 'Cancelled before it was stored.')
  return store.staging.stage(principal, target, newDocument(file, parsed), parsed.chunks)
}
