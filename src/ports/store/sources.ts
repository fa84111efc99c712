import type { Principal } from '../../domain/principal.ts'
import type {
  Move,
  NewSource,
  Source,
  SourceDocument,
  SourceSummary,
  Validators,
} from '../../domain/source.ts'

export interface SourceRepository {
  /** Adds the source or updates its options; throws `unknown_collection`. */
  remember: (principal: Principal, collection: string, source: NewSource) => Promise<Source>
  /** Throws `unknown_collection`. This and the rest throw `unknown_source`. */
  list: (principal: Principal, collection?: string) => Promise<SourceSummary[]>
  /** A page of its documents, by uri. */
  documents: (
    principal: Principal,
    id: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ) => Promise<{ collection: string; documents: SourceDocument[] }>
  /** Assigns it those of these documents of its collection that have no source. */
  adopt: (principal: Principal, id: string, uris: readonly string[]) => Promise<void>
  /**
   * Renames and deletes documents of the source in one transaction, and raises the revision once if there were
   * any. A renamed document keeps its id, chunks and vectors. Skips new names that are taken.
   */
  change: (
    principal: Principal,
    id: string,
    changes: { readonly moves: readonly Move[]; readonly removals: readonly string[] },
  ) => Promise<{ moved: Move[]; removed: string[] }>
  /** Records that it was read completely. */
  synced: (principal: Principal, id: string, validators: Validators) => Promise<void>
  /** Deletes the source; returns the number of documents `removed` with it. */
  remove: (
    principal: Principal,
    id: string,
    documents: 'keep' | 'remove',
  ) => Promise<{ source: Source; removed: number }>
}
