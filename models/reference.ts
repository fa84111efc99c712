import { basename, isAbsolute, join } from 'node:path'
import { ChatbotError } from '../src/domain/errors.ts'

/** A model as named by users: `builtin`, an absolute folder, or a repository of the hub. */
export type ModelReference =
  | { readonly type: 'builtin' }
  | { readonly type: 'folder'; readonly folder: string; readonly variant?: string }
  | {
      readonly type: 'hub'
      /** `org/name` */
      readonly repository: string
      /** Branch, tag or commit. */
      readonly revision?: string
      /** `q8`, `fp16`, …: one of the network files of the repository. */
      readonly variant?: string
    }

const HUB = /^(?<repository>[\w.-]+\/[\w.-]+?)(?:@(?<revision>[\w./-]+))?(?::(?<variant>\w+))?$/
const FORMS =
  '`builtin`, `org/name[@revision][:variant]`, the absolute path of a folder, or a name under `embedders` in the configuration'

/** Throws `bad_request`. */
export function parseReference(text: string): ModelReference {
  if (text === 'builtin') return { type: 'builtin' }
  if (isAbsolute(text)) return { type: 'folder', folder: text }
  const { repository, revision, variant } = HUB.exec(text)?.groups ?? {}
  if (repository === undefined || /(^|\/)\.|\.\.|--/.test(`${repository}/${revision ?? ''}`))
    throw new ChatbotError('bad_request', `\`${text}\` is not a model. Valid names are ${FORMS}.`)
  return {
    type: 'hub',
    repository,
    revision,
    variant,
  }
}

/** The folder of a repository in the hub's cache: holds `blobs`, `refs` and `snapshots`. */
export const repositoryFolder = (cacheDir: string, repository: string): string =>
  join(cacheDir, `models--${repository.replace('/', '--')}`)

export const referenceName = (reference: ModelReference): string => {
  switch (reference.type) {
    case 'builtin':
      return 'builtin'
    case 'folder':
      return basename(reference.folder)
    case 'hub':
      return reference.repository
  }
}
