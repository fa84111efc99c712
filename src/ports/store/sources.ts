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
  /** The source at that place, with these options from now on; throws `unknown_collection`. */
  remember: (principal: Principal, collection: string, source: NewSource) => Promise<Source>
  /** Throws `unknown_collection`. This and the rest throw `unknown_source`. */
  list: (principal: Principal, collection?: string) => Promise<SourceSummary[]>
  /** A page of its documents by uri. */
  documents: (
    principal: Principal,
    id: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ) => Promise<{ collection: string; documents: SourceDocument[] }>
  /** Those of these documents of its collection that have no source become its own. */
  adopt: (principal: Principal, id: string, uris: readonly string[]) => Promise<void>
  /**
   * Renames and deletes documents of the source in one transaction, and raises the revision once if there were
   * any. A document moves with its id, chunks and vectors, unless its new name is taken.
   */
  change: (
    principal: Principal,
    id: string,
    changes: { readonly moves: readonly Move[]; readonly removals: readonly string[] },
  ) => Promise<{ moved: Move[]; removed: string[] }>
  /** It was read to its end. */
  synced: (principal: Principal, id: string, validators: Validators) => Promise<void>
  /** Forgets it; `removed` documents went with it. */
  remove: (
    principal: Principal,
    id: string,
    documents: 'keep' | 'remove',
  ) => Promise<{ source: Source; removed: number }>
}
