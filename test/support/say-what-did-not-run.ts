/** Vitest's global set-up: the last thing that a run without PostgreSQL or helm prints. */
export default function setup() {
  return () => {
    const line = '!'.repeat(100)
    const say = (what: string) => console.warn(`\n${line}\n!! ${what}\n${line}`)
    if (process.env.DATABASE_URL_TEST === undefined)
      say('PostgreSQL DID NOT RUN: eval "$(test/services/up)" starts one for the tests')
    if (process.env.HELM_TEST === undefined)
      say('HELM DID NOT RUN: eval "$(test/services/deploy-tools)" gets one for the tests')
  }
}
