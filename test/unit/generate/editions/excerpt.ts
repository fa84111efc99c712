import type { Excerpt } from '../../../../src/domain/block.ts'

/** A document of which nothing was read but what is given. */
export const excerpt = (given: Partial<Excerpt>): Excerpt => ({
  ...{ document: given.uri ?? 'a.md', uri: 'a.md', title: '', passages: [], blocks: [], text: () => '' },
  ...given,
})
