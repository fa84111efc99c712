/** A thread that asks recheck how the time of a regex grows with the text that it is matched with. */
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import type { checkSync as CheckSync } from 'recheck'

// The build of it that needs neither Java nor a binary.
const { checkSync }: { checkSync: typeof CheckSync } = createRequire(import.meta.url)(
  'recheck/lib/browser.js',
)

export interface Verdict {
  readonly status: 'safe' | 'vulnerable' | 'unknown'
  /** Why: the complexity and a text that shows it, or what kept recheck from telling. */
  readonly reason: string
}

export interface Question {
  readonly source: string
  readonly flags: string
  /** Time after which recheck gives up. */
  readonly timeoutMs: number
}

parentPort?.on('message', (question: Question) => parentPort?.postMessage(judge(question)))

/** The same verdict on every machine, as long as the time is enough: steps are counted, not milliseconds. */
function judge({ source, flags, timeoutMs }: Question): Verdict {
  const found = checkSync(source, flags, {
    timeout: timeoutMs,
    attackTimeout: null,
    incubationTimeout: null,
    attackLimit: 100_000_000,
    maxAttackStringSize: 30_000,
    randomSeed: 1,
  })
  if (found.status === 'vulnerable')
    return {
      status: 'vulnerable',
      reason: `${found.complexity.summary}, for example ${found.attack.pattern}`,
    }
  if (found.status === 'unknown') return { status: 'unknown', reason: found.error.kind }
  return { status: 'safe', reason: found.complexity.summary }
}
