/** Whether every regex of some files takes linear time, whatever the text: recheck's word, or a reason. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, relative } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { packageRoot } from '../../src/config/package-root.ts'
import type { Excused } from './excused.ts'
import { findRegexes } from './find.ts'
import type { Question, Verdict } from './judge.ts'

/** Most take some milliseconds, the hardest that it can tell a few seconds. */
const PATIENCE_MS = 12_000
/** Of a thread. */
const MOST_MEGABYTES = 1024
/** What is excused because recheck gives up is only asked whether it sees an attack at once. */
const EXCUSED_MS = 3_000

export interface Checked {
  readonly regexes: number
  /** One for each thing to mend, told for the user. */
  readonly problems: readonly string[]
}

/** `record` is the file with the verdicts of earlier runs. */
export async function checkRegexes(
  files: readonly string[],
  excused: readonly Excused[],
  record: string,
): Promise<Checked> {
  const { regexes, problems } = await findRegexes(files)
  const reasons = new Map(excused.map(({ regex, reason }) => [String(regex), reason]))
  const verdicts = await judged(
    regexes.map((regex) => ({ ...regex, timeoutMs: reasons.has(keyOf(regex)) ? EXCUSED_MS : PATIENCE_MS })),
    record,
  )
  const told = [...problems]
  for (const regex of regexes) {
    const { status, reason } = verdicts.get(keyOf(regex)) ?? { status: 'unknown', reason: 'not judged' }
    const excuse = reasons.get(keyOf(regex))
    reasons.delete(keyOf(regex))
    const where = regex.files.map((file) => relative(packageRoot(), file)).join(', ')
    if (status === 'vulnerable') told.push(`${where}: ${keyOf(regex)} is not linear: ${reason}`)
    else if (status === 'unknown' && !excuse)
      told.push(
        `${where}: ${keyOf(regex)} may be linear or not, recheck cannot tell (${reason}). Make it simpler, or list it in test/regexes/excused.ts with the reason why it is linear.`,
      )
  }
  for (const key of reasons.keys())
    told.push(`test/regexes/excused.ts: ${key} is nowhere any more. Take it out.`)
  return { regexes: regexes.length, problems: told }
}

const keyOf = ({ source, flags }: Pick<Question, 'source' | 'flags'>): string => `/${source}/${flags}`

/** What recheck said, of which version and asked how, of every regex. */
const recordSchema = z.object({
  version: z.string(),
  verdicts: z.record(
    z.string(),
    z.object({ status: z.enum(['safe', 'vulnerable', 'unknown']), reason: z.string() }),
  ),
})

/**
 * The verdict on each by its key. Judging all of them takes minutes, so the verdicts are kept in the repository: only
 * what nobody has judged yet is judged, by as many threads as there are processors.
 */
async function judged(regexes: readonly Question[], record: string): Promise<Map<string, Verdict>> {
  const judge = new URL('./judge.ts', import.meta.url)
  // Other parameters or another recheck may judge otherwise.
  const version = createHash('sha256')
    .update(readFileSync(judge))
    .update(readFileSync(new URL('../../node_modules/recheck/package.json', import.meta.url)))
    .digest('hex')
  const kept = existsSync(record) ? recordSchema.parse(JSON.parse(readFileSync(record, 'utf8'))) : undefined
  const known = kept?.version === version ? kept.verdicts : {}
  const verdicts = new Map<string, Verdict>()
  const open: Question[] = []
  for (const regex of regexes) {
    const verdict = known[keyOf(regex)]
    if (verdict) verdicts.set(keyOf(regex), verdict)
    else open.push(regex)
  }
  const thread = async (): Promise<void> => {
    let worker: Worker | undefined
    for (let regex = open.pop(); regex; regex = open.pop()) {
      worker ??= new Worker(judge, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })
      const verdict = await ask(worker, regex)
      if (!verdict) worker = undefined
      verdicts.set(keyOf(regex), verdict ?? { status: 'unknown', reason: 'out of memory' })
    }
    await worker?.terminate()
  }
  await Promise.all(Array.from({ length: Math.min(open.length, availableParallelism()) }, thread))
  const sorted = Object.fromEntries([...verdicts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  mkdirSync(dirname(record), { recursive: true })
  writeFileSync(record, `${JSON.stringify({ version, verdicts: sorted }, null, 1)}\n`)
  return verdicts
}

/** Undefined when the thread died of the question: there are regexes of which recheck holds gigabytes. */
function ask(worker: Worker, question: Question): Promise<Verdict | undefined> {
  return new Promise((resolve) => {
    const died = () => resolve(undefined)
    worker.once('error', died)
    worker.once('message', (verdict: Verdict) => {
      worker.off('error', died)
      resolve(verdict)
    })
    worker.postMessage(question)
  })
}
