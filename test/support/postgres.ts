import { describe, it } from 'vitest'
import { postgresUrl } from './database.ts'

const MISSING = 'PostgreSQL DID NOT RUN: set DATABASE_URL_TEST, for example by eval "$(test/services/up)"'

/** Tests that need a real PostgreSQL. Without one they are loudly absent, and with CI=true they fail. */
export function describePostgres(name: string, tests: () => void): void {
  if (postgresUrl !== undefined) {
    describe(name, tests)
    return
  }
  it(`${name}: ${MISSING}`, (context) => {
    if (process.env.CI === 'true') throw new Error(MISSING)
    context.skip(MISSING)
  })
}
