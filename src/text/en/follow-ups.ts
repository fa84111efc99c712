import type { FollowUps } from '../knowledge.ts'
import { wordSet } from '../word-set.ts'

export const followUps: FollowUps = {
  conjunctions: ['and', 'but', 'so', 'ok(?:ay)?', 'also', 'then', 'well'],
  whatAbout: ['(?:what|how)\\s+about'],
  pronouns: 'he him his she her hers it its they them their theirs this that these those there'.split(' '),
  personalPronouns: wordSet('he him his she her hers they them their theirs'),
  who: ['who', 'whom', 'whose', '(?:which|what) (?:person|author|manager|colleague|employee)'],
  refersBack(pronoun, before, after) {
    switch (pronoun) {
      case 'it':
        return !EXPLETIVE.test(after)
      case 'there':
        return !/(?:is|are|was|were|be|been)\s*$/iu.test(before) && !/^\s+(?:is|are|was|were)\b/iu.test(after)
      case 'that':
        return (
          /^[?.!,]?$/u.test(after.trim()) ||
          /^\s+(?:is|was|the|one|time|year|place|war|work)\b/iu.test(after) ||
          /(?:of|about|after|before|do|does|did|is|was|in|for|on|why)\s*$/iu.test(before)
        )
      default:
        return true
    }
  },
  clauseConjunctions: ['and', 'but'],
  clauseStarters: 'how when where who what why if did do does is was'.split(' '),
  nameParticles: 'of the and de von van der du la'.split(' '),
}

/** The "it" of "is it true that" refers to nothing. */
const EXPLETIVE =
  /^\s+(?:true|possible|necessary|important|safe|legal|better|worth|ok|okay|a good idea|take)\b/iu
