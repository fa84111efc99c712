/** Whether a part of a document is what it says itself and upholds. */
import type { Block, Excerpt } from '../../domain/block.ts'
import { contains, overlap } from '../../domain/spans.ts'
import type { Standing } from './in-force.ts'
import { PATTERNS } from './patterns.ts'

const CROSSED_OUT = /^[^\p{L}\p{N}~]{0,8}~~[^~]+~~[^\p{L}\p{N}]*$/u

/** Whether a question is about proposals or what became of them: rejected ones may then answer it. */
export const asksOfProposals = (question: string): boolean =>
  PATTERNS.proposal.test(question) || PATTERNS.rejected.test(question)

/** Of a block as a whole. */
export function standingOfBlock(excerpt: Excerpt, block: Block): Standing {
  if (block.kind === 'quote' && isMessage(excerpt) && excerpt.blocks.some(isOwn)) return 'quoted'
  const text = excerpt.text(block)
  if (CROSSED_OUT.test(text)) return 'void'
  if (block.kind === 'row') return PATTERNS.rejected.test(text) ? 'void' : 'own'
  if (!PATTERNS.beginsAsProposal.test(text)) return 'own'
  const fate = excerpt.blocks.filter((other) => isUnder(other, block) || isBeside(other, block))
  return PATTERNS.rejected.test(text) || fate.some((other) => PATTERNS.rejected.test(excerpt.text(other)))
    ? 'void'
    : 'own'
}

/** Of a sentence at `start` to `end` of the document. */
export function standingOfSentence(
  excerpt: Excerpt,
  sentence: { readonly start: number; readonly end: number; readonly text: string },
): Standing {
  const block = excerpt.blocks.find((one) => overlap(one, sentence) > 0)
  const whole = block === undefined ? 'own' : standingOfBlock(excerpt, block)
  if (whole !== 'own') return whole
  if (CROSSED_OUT.test(sentence.text)) return 'void'
  if (!PATTERNS.proposal.test(sentence.text)) return 'own'
  const after =
    block !== undefined && contains(block, sentence)
      ? excerpt.text({ start: sentence.end, end: Math.min(block.end, sentence.end + NEXT_CHARACTERS) })
      : ''
  return PATTERNS.rejected.test(sentence.text) || PATTERNS.rejected.test(after) ? 'void' : 'own'
}

/** How far behind a proposal its rejection is looked for, in UTF-16 code units. */
const NEXT_CHARACTERS = 80

/** What other documents quote is as true as the rest of them: a note, a message on the screen. */
const isMessage = ({ metadata = {}, opening = '', blocks }: Excerpt): boolean =>
  'from' in metadata || FROM.test(opening) || blocks.some(({ kind }) => kind === 'field')
const FROM = /^(?:- )?From: /mu

const isOwn = ({ kind }: Block): boolean => kind !== 'quote' && kind !== 'field' && kind !== 'heading'

const isUnder = (block: Block, above: Block): boolean => block.leads.some(({ end }) => end === above.end)

/** Whether both are items under the same one: not of a list's first level, whose items are about different things. */
const isBeside = (one: Block, other: Block): boolean =>
  one !== other &&
  one.group?.start === other.group?.start &&
  one.leads.length > 0 &&
  one.leads.at(-1)?.start === other.leads.at(-1)?.start &&
  one.kind !== 'row'
