/** A place from which documents come and can be read again. */

/** `git`: the files that Git tracks in a folder. `glob`: an absolute pattern. */
export type SourceKind = 'folder' | 'git' | 'glob' | 'url'

export interface SourceOptions {
  /** Documents are named relative to this folder; by absolute path without it. */
  readonly root?: string | undefined
  /** Patterns as in .gitignore, relative to the folder. */
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}

/** Validators of a web page, to ask whether it has changed. */
export interface Validators {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export interface NewSource {
  readonly kind: SourceKind
  /** Absolute real path, absolute pattern, or URL. */
  readonly location: string
  /** Name of the machine that has these files; empty for a URL. */
  readonly machine: string
  readonly options: SourceOptions
}

export interface Source extends NewSource {
  readonly id: string
  /** Its name. */
  readonly collection: string
  readonly validators: Validators
  readonly createdAt: Date
  /** When it was last read completely. */
  readonly syncedAt: Date | null
}

export interface SourceSummary extends Source {
  readonly documents: number
}

/** What the index knows about a document of a source. */
export interface SourceDocument {
  readonly uri: string
  /** SHA-256 of the file, hex. */
  readonly hash: string
}

export interface Move {
  readonly from: string
  readonly to: string
}
