/** Words of time and validity as regular expressions; test/regexes/excused.ts tells why these are linear. */
import { anyOf, asWord } from '../../text/all-languages.ts'

type Pick = Parameters<typeof anyOf>[0]

export const words = (pick: Pick): string => asWord(anyOf(pick))
const outdated = words(({ dating }) => dating.outdated)
const proposal = words(({ dating }) => dating.proposal)

export const PATTERNS = {
  within: new RegExp(`${words(({ dating }) => dating.within)}[^\\p{L}\\p{N}]{1,3}(?:the )?$`, 'iu'),
  newest: new RegExp(
    words(({ dating }) => dating.newest),
    'iu',
  ),
  oldest: new RegExp(
    words(({ dating }) => dating.oldest),
    'iu',
  ),
  older: new RegExp(
    words(({ dating }) => dating.older),
    'iu',
  ),
  /** All that only tells the time or version. */
  time: new RegExp(
    words(({ dating: { newest, oldest, older, years, versionWords } }) => [
      ...newest,
      ...oldest,
      ...older,
      ...years,
      ...versionWords,
    ]),
    'giu',
  ),
  outdated: new RegExp(outdated, 'iu'),
  /** In a name, an old edition is marked first or last: `prices (old).md`, not `houses of the old town.md`. */
  outdatedAtAnEnd: new RegExp(`^${outdated}|${outdated}$`, 'iu'),
  announces: new RegExp(
    words(({ dating }) => dating.announces),
    'iu',
  ),
  proposal: new RegExp(proposal, 'iu'),
  /** An item's marker and emphasis may stand before the word. */
  beginsAsProposal: new RegExp(`^[^\\p{L}]{0,8}${proposal}`, 'iu'),
  rejected: new RegExp(
    words(({ dating }) => dating.rejected),
    'iu',
  ),
  asksSender: new RegExp(
    words(({ asking }) => [asking.sender]),
    'iu',
  ),
}
