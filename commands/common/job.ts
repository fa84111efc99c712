import { string } from '@oclif/core/args'
import type { FailedFile } from '../../src/client/files/expand.ts'
import type { JobDocumentResult, JobStatus } from '../../src/client/sync/run.ts'
import { count } from '../../src/text/amounts.ts'

export const jobArgument = {
  job: string({ required: true, description: 'id of the job, or its beginning' }),
}

/** `running, receiving`, `done`, `failed`. */
export function stateOf({ state, sealed, waiting }: JobStatus): string {
  if (state !== 'running') return state
  if (waiting !== null) return 'waiting'
  return sealed ? 'running' : 'receiving'
}

/** `12 of 40 documents, 1 failed, 310 of 900 chunks`. */
export function progressOf({
  documents,
  indexed,
  failed,
  replaced,
  chunks,
  embedded,
  reused,
}: JobStatus): string {
  const number = (value: number) => value.toLocaleString('en-US')
  return [
    `${number(indexed + replaced)} of ${count(documents, 'document')}`,
    ...(failed > 0 ? [`${number(failed)} failed`] : []),
    `${number(embedded + reused)} of ${count(chunks, 'chunk')}`,
  ].join(', ')
}

export const failureOf = ({ uri, errorCode, errorMessage }: JobDocumentResult): FailedFile => ({
  path: uri,
  code: errorCode ?? 'cancelled',
  reason: errorMessage ?? 'It was cancelled.',
})
