/**
 * Syncs a collection with a source: uploads new and changed files, renames moved ones, and on request deletes documents
 * whose files left the source. An unchanged file costs only its hash.
 */
import { extname } from 'node:path'
import { ChatbotError } from '../../domain/errors.ts'
import type { Move, NewSource, Validators } from '../../domain/source.ts'
import type { FoundFile } from '../files/expand.ts'
import type { HashedFile, hashFile } from '../files/hash.ts'
import { type FailedResult, type FileResult, hashFiles, type IngestOptions, ingestFiles } from './ingest.ts'
import { cancelled } from './stops.ts'

/** A document whose file was renamed or is gone. */
export type SyncResult =
  | FileResult
  | { readonly uri: string; readonly status: 'moved'; readonly from: string }
  | { readonly uri: string; readonly status: 'removed' }
  /** It left the source, and was kept. */
  | { readonly uri: string; readonly status: 'left' }

export interface SyncRun {
  readonly results: readonly SyncResult[]
  /** The error that ended the run early; `cancelled` if it was stopped. */
  readonly stopped: ChatbotError | undefined
}

/** A source's current content; `validators` are those of a web page. */
export interface SourceContent {
  readonly files: readonly (FoundFile | HashedFile)[]
  /** False if something could not be read: missing files may still exist. */
  readonly complete: boolean
  readonly validators?: Validators
}

export interface SyncOptions extends Omit<IngestOptions, 'files' | 'source' | 'onResult'> {
  readonly place: NewSource
  /** Reads the source; `held` is the daemon's state of it, for pages that may be unchanged. */
  readonly read: (held: HeldSource | undefined) => Promise<SourceContent>
  /** Chooses which documents that left the source are deleted; default: none. */
  readonly prune?: (left: readonly string[], held: number) => Promise<readonly string[]>
  /** Hash and size of a file; default: from the disk. */
  readonly hash?: typeof hashFile
  onResult?: (result: SyncResult) => void
}

/** A source as the daemon remembers it. */
export interface HeldSource {
  readonly id: string
  readonly validators: Validators
  readonly documents: ReadonlyMap<string, HeldDocument>
}

interface HeldDocument {
  readonly hash: string
  /** The index contains this version. */
  readonly current: boolean
}

const DOCUMENTS_PER_PAGE = 5000
const CHANGES_AT_ONCE = 250

/** Never rejects: an early end is in `stopped`. */
export async function syncSource(options: SyncOptions): Promise<SyncRun> {
  const results: SyncResult[] = []
  const report = (result: SyncResult) => {
    results.push(result)
    options.onResult?.(result)
  }
  try {
    const { api, collection, place, abort } = options
    const held = await findHeld(options)
    const { content, files, unreadable, plan } = await compare(held, options)
    if (held === undefined && files.length + unreadable.length === 0) return { results, stopped: undefined }
    const request = { params: { name: collection }, body: wire(place) }
    const source = await api.call('rememberSource', request, { signal: abort })
    for (const failure of unreadable) report(failure)
    for (const { path, uri } of plan.unchanged) report({ path, uri, status: 'unchanged' })
    const { refused } = await applyMoves(source.id, plan.moves, options, report)
    const origins = new Map(plan.moves.map(({ move, file }) => [move.to, { file, from: move.from }]))
    const late = refused.flatMap((uri) => origins.get(uri) ?? [])
    const run = await ingestFiles({
      ...options,
      source: source.id,
      files: [...plan.uploads, ...late.map(({ file }) => file)],
      onResult: report,
    })
    if (run.stopped !== undefined) throw run.stopped
    const left = [...plan.left, ...late.map(({ from }) => from)]
    await removeLeft(source.id, left, held?.documents.size ?? 0, options, report)
    const { complete, validators = {} } = content
    if (complete) await api.call('markSynced', { params: { id: source.id }, body: { validators } })
    return { results, stopped: undefined }
  } catch (error) {
    return { results, stopped: ChatbotError.wrap(error) }
  }
}

/** Without `place`: files without a source. */
export type PreviewOptions = Omit<SyncOptions, 'place'> & { readonly place?: NewSource | undefined }

/** What `syncSource` would do, by the same rules; changes and remembers nothing. Rejects on errors. */
export async function previewSync(options: PreviewOptions): Promise<readonly PreviewedChange[]> {
  const { api, collection, abort } = options
  const held = await findHeld(options)
  const { unreadable, plan } = await compare(held, options)
  const changes: PreviewedChange[] = [...unreadable]
  const { collections } = await api.call('listCollections', {}, { signal: abort })
  const exists = collections.some(({ name }) => name === collection)
  for (const batch of slices(plan.uploads, 500)) {
    const body = { files: batch.map(({ uri, bytes, hash }) => ({ uri, bytes, hash })) }
    const compared = exists
      ? await api.call('compareManifest', { params: { name: collection }, body }, { signal: abort })
      : { needed: batch.map(({ uri }) => uri), changed: [], staged: [] }
    const changed = new Set(compared.changed)
    const needed = new Set(compared.needed)
    const staged = new Map(compared.staged.map(({ uri, job }) => [uri, job]))
    for (const { path, uri } of batch) {
      const job = staged.get(uri)
      if (job !== undefined) changes.push({ path, uri, status: 'staged', job })
      else if (!needed.has(uri)) changes.push({ uri, status: 'unchanged' })
      else changes.push({ uri, status: 'indexed', change: changed.has(uri) ? 'changed' : 'added' })
    }
  }
  for (const { uri } of plan.unchanged) changes.push({ uri, status: 'unchanged' })
  for (const { move } of plan.moves) changes.push({ uri: move.to, status: 'moved', from: move.from })
  const doomed = new Set((await options.prune?.(plan.left, held?.documents.size ?? 0)) ?? [])
  for (const uri of plan.left) changes.push({ uri, status: doomed.has(uri) ? 'removed' : 'left' })
  return changes
}

/** Reads the source and its files, and plans the changes. */
async function compare(held: HeldSource | undefined, options: PreviewOptions) {
  const content = await options.read(held)
  const unreadable: FailedResult[] = []
  const note = (failure: FailedResult) => unreadable.push(failure)
  const files = await hashFiles(content.files, options, note)
  const { complete } = content
  const plan = planSync({ files, unreadable, complete, held: held?.documents ?? new Map() })
  return { content, files, unreadable, plan }
}

export type PreviewedChange =
  | Exclude<SyncResult, { status: 'indexed' | 'unchanged' }>
  | { readonly uri: string; readonly status: 'indexed'; readonly change: 'added' | 'changed' }
  | { readonly uri: string; readonly status: 'unchanged' }

interface Plan {
  readonly unchanged: readonly HashedFile[]
  readonly uploads: readonly HashedFile[]
  readonly moves: readonly { readonly move: Move; readonly file: HashedFile }[]
  /** Documents whose file is gone and did not move. */
  readonly left: readonly string[]
}

/**
 * A new file counts as moved if a missing document had the same content and the same extension, so that it is parsed
 * as the same format. If the source was not read completely, no document counts as missing.
 */
export function planSync({
  files,
  unreadable,
  complete,
  held,
}: {
  readonly files: readonly HashedFile[]
  /** Files that exist but could not be hashed. */
  readonly unreadable: readonly { readonly uri: string }[]
  readonly complete: boolean
  readonly held: ReadonlyMap<string, HeldDocument>
}): Plan {
  const present = new Set([...files, ...unreadable].map(({ uri }) => uri))
  const gone = complete ? [...held.keys()].filter((uri) => !present.has(uri)) : []
  const origins = new Map<string, string[]>()
  for (const uri of gone) {
    const document = held.get(uri)
    if (document?.current !== true) continue
    const key = contentKey(document.hash, uri)
    origins.set(key, [...(origins.get(key) ?? []), uri])
  }
  const plan = { unchanged: [] as HashedFile[], uploads: [] as HashedFile[] }
  const moves: { move: Move; file: HashedFile }[] = []
  for (const file of files) {
    const known = held.get(file.uri)
    const from = known === undefined ? origins.get(contentKey(file.hash, file.uri))?.shift() : undefined
    if (known?.hash === file.hash && known.current) plan.unchanged.push(file)
    else if (from === undefined) plan.uploads.push(file)
    else moves.push({ move: { from, to: file.uri }, file })
  }
  const moved = new Set(moves.map(({ move }) => move.from))
  return { ...plan, moves, left: gone.filter((uri) => !moved.has(uri)) }
}

const contentKey = (hash: string, uri: string) => `${hash}${extname(uri).toLowerCase()}`

async function heldDocuments(
  api: SyncOptions['api'],
  id: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, HeldDocument>> {
  const held = new Map<string, HeldDocument>()
  let after: string | undefined
  while (true) {
    const query = { limit: DOCUMENTS_PER_PAGE, after }
    const { documents } = await api.call('listSourceDocuments', { params: { id }, query }, { signal })
    for (const { uri, ...document } of documents) held.set(uri, document)
    after = documents.at(-1)?.uri
    if (documents.length < DOCUMENTS_PER_PAGE) return held
  }
}

/** The remembered source of this place, if any. */
async function findHeld({ api, collection, place, abort }: PreviewOptions): Promise<HeldSource | undefined> {
  if (place === undefined) return undefined
  const { sources } = await api.call('listSources', {}, { signal: abort })
  const found = sources.find(
    (source) =>
      source.collection === collection &&
      source.location === place.location &&
      source.machine === place.machine,
  )
  return found && { ...found, documents: await heldDocuments(api, found.id, abort) }
}

async function applyMoves(
  id: string,
  moves: Plan['moves'],
  { api, stop, abort }: SyncOptions,
  report: (result: SyncResult) => void,
): Promise<{ refused: string[] }> {
  const refused: string[] = []
  for (const batch of slices(moves, CHANGES_AT_ONCE)) {
    if (stop?.aborted || abort?.aborted) throw cancelled()
    const body = { moves: batch.map(({ move }) => move) }
    const { moved } = await api.call('changeSource', { params: { id }, body }, { signal: abort })
    const done = new Set(moved.map(({ to }) => to))
    for (const { from, to } of moved) report({ uri: to, status: 'moved', from })
    refused.push(...batch.map(({ move }) => move.to).filter((to) => !done.has(to)))
  }
  return { refused }
}

async function removeLeft(
  id: string,
  left: readonly string[],
  held: number,
  { api, prune, stop, abort }: SyncOptions,
  report: (result: SyncResult) => void,
): Promise<void> {
  const doomed = left.length === 0 || prune === undefined ? [] : await prune(left, held)
  const kept = new Set(left)
  for (const removals of slices(doomed, CHANGES_AT_ONCE)) {
    if (stop?.aborted || abort?.aborted) throw cancelled()
    const request = { params: { id }, body: { removals } }
    for (const uri of (await api.call('changeSource', request, { signal: abort })).removed) {
      kept.delete(uri)
      report({ uri, status: 'removed' })
    }
  }
  for (const uri of kept) report({ uri, status: 'left' })
}

const wire = ({ kind, location, machine, options: { root, include, exclude } }: NewSource) => ({
  kind,
  location,
  machine,
  options: { root, include: include && [...include], exclude: exclude && [...exclude] },
})

function* slices<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
