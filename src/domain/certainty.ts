/**
 * Whether the documents hold an answer: `answered` they do; `unsure` they do not say it directly, and the text quotes
 * what came closest; `not_found` they do not, and the text says so; `talk` nothing was asked of them.
 */
export const CERTAINTIES = ['answered', 'unsure', 'not_found', 'talk'] as const
export type Certainty = (typeof CERTAINTIES)[number]

/** What earlier versions stored and sent knows only `refused`. */
interface EarlierOrNot {
  readonly certainty?: Certainty | null | undefined
  readonly refused: boolean
}

/** The certainty, also if an earlier version said only `refused`. */
export const certaintyOf = ({ certainty, refused }: EarlierOrNot): Certainty =>
  certainty ?? (refused ? 'not_found' : 'answered')

/** As it was received or stored, with its certainty alone. */
export function withCertainty<T extends EarlierOrNot>({ certainty, refused, ...rest }: T) {
  return { ...rest, certainty: certaintyOf({ certainty, refused }) }
}

/** As it is sent and stored: earlier versions read `refused`. */
export const withRefused = <T extends { readonly certainty: Certainty }>(
  said: T,
): T & { refused: boolean } => ({
  ...said,
  refused: said.certainty === 'not_found',
})
