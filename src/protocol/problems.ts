import type { z } from 'zod'

/** How many errors are listed: a hostile message causes one for each of thousands of items. */
const MAX_LISTED = 5
/** UTF-16 code units of one error: its path contains the sender's keys. */
const MAX_PROBLEM_CHARACTERS = 300

/** Validation errors of a message, or of the part of a request that `place` names, for the sender. */
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
