/** How sure an answer is: quoted as one, offered as the closest, or not given. */
import { BLOCK_CERTAINTY, LEAST_EVIDENCE_OF_BLOCKS } from '../../../models/calibration.ts'
import type { Certainty } from '../../domain/certainty.ts'
import type { GenerateInput } from '../../ports/generator.ts'
import { foldCase } from '../../text/fold.ts'
import { identifiersIn } from '../../text/identifiers.ts'
import type { BlockFeatures, WeighedBlock } from '../blocks/rank.ts'
import type { Unit } from '../blocks/units.ts'

type Asked = Pick<GenerateInput, 'standalone' | 'language'>

/** `evidence`, if given, decides instead of the blocks' cosines. */
export function certaintyOfBlocks(
  { standalone, language }: Asked,
  units: readonly Unit[],
  [best]: readonly WeighedBlock[],
  evidence: number | undefined,
): Certainty {
  if (best === undefined) return 'not_found'
  const { unsureBelow, notFoundBelow } = BLOCK_CERTAINTY[language]
  const logit = logitOf(best.features)
  const isFound = evidence === undefined ? logit > notFoundBelow : evidence > LEAST_EVIDENCE_OF_BLOCKS
  if (!isFound) return 'not_found'
  const isSure = evidence !== undefined || logit > unsureBelow
  return isSure && namesAll(standalone, units) ? 'answered' : 'unsure'
}

/** `evidence`: above 0 the passages hold an answer. */
export function certaintyOfProse({ standalone }: Asked, units: readonly Unit[], evidence: number): Certainty {
  if (evidence <= 0) return 'not_found'
  return namesAll(standalone, units) ? 'answered' : 'unsure'
}

function logitOf({ tokens, similarity, worstWord, words }: BlockFeatures): number {
  const { bias, weights } = BLOCK_CERTAINTY
  return (
    bias +
    weights.tokens * tokens +
    weights.similarity * similarity +
    weights.worstWord * worstWord +
    weights.words * words
  )
}

/** Whether every code, setting and long number of the question was found: another one's data is no answer. */
function namesAll(question: string, units: readonly Unit[]): boolean {
  const asked = [...identifiersIn(question)]
  if (asked.length === 0) return true
  const texts = units.map(({ excerpt, block, leads, text }) =>
    [excerpt.title, excerpt.uri, ...block.headings, ...leads, text].join('\n'),
  )
  const held = new Set(texts.flatMap((text) => [...identifiersIn(text)]))
  const missing = asked.filter((identifier) => !held.has(identifier))
  if (missing.length === 0) return true
  // `ISO9001` may be written `ISO 9001`.
  const squeezed = texts.map((text) => lettersOf(foldCase(text)))
  return missing.every((identifier) => squeezed.some((text) => text.includes(lettersOf(identifier))))
}

const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, '')
