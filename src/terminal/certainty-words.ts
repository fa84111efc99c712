import type { AnswerState } from '../domain/answer.ts'
import { type Certainty, certaintyOf } from '../domain/certainty.ts'

/** Marks an answer that the documents do not give. */
export const CERTAINTY_WORDS: Readonly<Record<Certainty, string | undefined>> = {
  answered: undefined,
  unsure: 'unsure: the documents do not say this directly',
  not_found: 'not found in the documents',
  talk: undefined,
}

interface Ended {
  readonly state: AnswerState
  readonly certainty?: Certainty | undefined
  readonly refused: boolean
}

/** What a turn needs to be marked with after its text: why it is not complete, or not sure. */
export function endOf({ state, ...turn }: Ended): string | undefined {
  if (state !== 'complete') return state
  return certaintyOf(turn) === 'unsure' ? 'unsure' : undefined
}
