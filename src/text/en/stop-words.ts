import { wordSet } from '../word-set.ts'

/** Words without topical content: lower case, without apostrophes. */
export const stopWords = wordSet(
  `a about above across after again against all also am an and any are as at be became because become been before
  being below between both but by can cannot could did do does doing done down during each either else ever every few
  for from further get give given go goes had has have having he her here hers herself him himself his how i if in
  into is it its itself just kind let many may me might mine more most much must my myself neither no nor not of off on
  once one only or other our ours out over own per please same shall she should so some such take tell than that the
  their theirs them themselves then there these they this those through to too under until up upon us use used very
  via was we were what when where which while who whom whose why will with within without would you your yours
  yourself s t im ive dont doesnt didnt isnt arent cant whats`,
)
