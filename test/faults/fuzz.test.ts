/** Ten thousand odd inputs, others each time; a failure says the seed that repeats it. */
import { fuzzSuite } from '../support/fuzz-suite.ts'

const CASES = 10_000

fuzzSuite(CASES, Date.now() % 2 ** 31)
