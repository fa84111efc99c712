/** Flags that several commands share. */

import { isAbsolute, resolve } from 'node:path'
import { boolean, string } from '@oclif/core/flags'
import type { SearchFilter } from '../../src/domain/answer.ts'

export const collections = {
  collection: string({
    char: 'c',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME',
    summary: 'Search only this collection. Repeatable; all of them unless told.',
  }),
}

export const filters = {
  path: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'GLOB',
    summary: 'Search only documents whose path fits. Repeatable. `*` within a folder, `**` across folders.',
  }),
  exclude: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'GLOB',
    summary: 'Leave out documents whose path fits. Repeatable.',
  }),
}

export const yes = {
  yes: boolean({ char: 'y', summary: 'Do not ask.' }),
}

/**
 * The filter of `--path` and `--exclude`. Documents are named by their absolute path, unless they were ingested
 * under a root of their own: a relative pattern means both.
 */
export function filterOf(flags: {
  readonly path?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
}): SearchFilter | undefined {
  const paths = flags.path?.flatMap(bothNames)
  const excludePaths = flags.exclude?.flatMap(bothNames)
  return paths === undefined && excludePaths === undefined ? undefined : { paths, excludePaths }
}

const bothNames = (glob: string) => (isAbsolute(glob) ? [glob] : [glob, resolve(glob)])
