/** Hundreds of odd inputs; `make faults` tries ten thousand. */
import { fuzzSuite } from '../support/fuzz-suite.ts'

const CASES = 600

fuzzSuite(CASES, 14)
