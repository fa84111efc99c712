/** A few hundred odd inputs; `make faults` tries ten thousand. */
import { fuzzSuite } from '../support/fuzz-suite.ts'

const CASES = 400

fuzzSuite(CASES, 14)
