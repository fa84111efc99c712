/** Each has its file in src/jobs. */
export type JobKind = 'ingest'

export type JobState = 'running' | 'done' | 'failed' | 'cancelled'

/** `replaced`: a later upload of the same document took its place before it was indexed. */
export type StagedState = 'staged' | 'indexed' | 'failed' | 'replaced' | 'cancelled'
