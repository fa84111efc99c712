import type { FollowUps } from '../knowledge.ts'
import { wordSet } from '../word-set.ts'

export const followUps: FollowUps = {
  conjunctions: 'ну а и но так тогда также еще ещё'.split(' '),
  whatAbout: ['(?:а\\s+)?(?:что|как)\\s+(?:насч[её]т|касательно|по\\s+поводу)'],
  pronouns:
    'он она оно они его её ее ему ей им ими их нему него ней неё нее ним ними них нём нем этот эта это эти этого этой этих этому этим этими этом эту там туда оттуда тот та те того той тех'.split(
      ' ',
    ),
  personalPronouns: wordSet('он она они его ее её ему ей им их нему него ней неё нее ним ними них нём нем'),
  who: ['кто', 'кого', 'кому', 'кем', 'чей', 'чья', 'чьё', 'чье', 'чьи'],
  refersBack: (pronoun, _before, after) =>
    !CORRELATIVES.has(pronoun) || !/^,?\s*(?:котор|кто|что)/u.test(after),
  clauseConjunctions: ['и', 'а', 'но'],
  clauseStarters: 'как когда где кто что чем почему если сколько'.split(' '),
  nameParticles: [],
}

/** Pronouns explained by what follows: `тот, который`. */
const CORRELATIVES = wordSet('тот та те того той тех')
