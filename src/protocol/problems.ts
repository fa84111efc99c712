import type { z } from 'zod'

/** Complaints that are listed: a hostile message gives one for each of thousands of items. */
const MAX_LISTED = 5
/** UTF-16 code units of one complaint: its path holds the sender's own keys. */
const MAX_PROBLEM_CHARACTERS = 300

/** What is wrong with a message, or with the part of a request that `place` names, for its sender. */
export function problemsOf({ issues }: z.ZodError, place?: string): string {
  const listed = issues.slice(0, MAX_LISTED).map(({ path, message }) => {
    const where = place === undefined ? path : [place, ...path]
    const problem = `${where.join('.') || 'message'}: ${message}`
    return problem.length > MAX_PROBLEM_CHARACTERS
      ? `${problem.slice(0, MAX_PROBLEM_CHARACTERS).toWellFormed()}…`
      : problem
  })
  const more = issues.length - listed.length
  return more > 0 ? `${listed.join('; ')}; and ${more} more` : listed.join('; ')
}
