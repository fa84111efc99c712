import type { Citation } from '../domain/answer.ts'
import type { Replies } from './knowledge.ts'

/** `handbook.pdf, p. 3` */
export const citationPlace = ({ uri, page }: Pick<Citation, 'uri' | 'page'>, replies: Replies): string =>
  page === undefined ? uri : `${uri}, ${replies.page} ${page}`
