/** Vitest's global set-up: the last thing that a run without PostgreSQL prints. */
export default function setup() {
  return () => {
    if (process.env.DATABASE_URL_TEST !== undefined) return
    const line = '!'.repeat(100)
    console.warn(
      `\n${line}\n!! PostgreSQL DID NOT RUN: eval "$(test/services/up)" starts one for the tests\n${line}`,
    )
  }
}
