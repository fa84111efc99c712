/** Daemons without some of their fences: what the histories must find. Only tests can start them. */
import { registerHooks } from 'node:module'

interface Change {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** A daemon that does not notice that its answers were taken over. */
const unaware: readonly Change[] = [
  { file: '/src/answers/leases.ts', from: 'lease.forMs / HEARTBEATS', to: '600_000' },
  { file: '/src/redis/answer-log.ts', from: '        onFenced()\n', to: '' },
]

const storedAnyway: Change = {
  file: '/src/store/answers/answers.ts',
  from: 'AND epoch = $' + "{placeholder('epoch')} AND",
  to: 'AND epoch >= $' + "{placeholder('epoch')} AND",
}
const endedAnyway: Change = {
  file: '/src/store/answers/answers.ts',
  from: '.where(and(isOf(principal, id), eq(answers.epoch, epoch), isRunning))\n    .returning',
  to: '.where(and(isOf(principal, id), isRunning))\n    .returning',
}
const toldAnyway: Change = { file: '/src/answers/run.ts', from: 'if (isEnded) emit', to: 'emit' }
const otherNumber: Change = {
  file: '/src/pipeline/complete.ts',
  from: 'context.eventsUntil(answer.text) + 1',
  to: 'context.eventsUntil(answer.text) + 2',
}

interface Mutation {
  readonly changes: readonly Change[]
  /** The other fences hold. */
  readonly isHarmless?: true
  /** Of all daemons, not only of the one that is stopped and wakes. */
  readonly ofAll?: true
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a daemon that does not notice that it was taken over': { changes: unaware, isHarmless: true },
  'an answer is stored by an attempt that was taken over': { changes: [storedAnyway] },
  'an answer is ended by an attempt that was taken over': { changes: [...unaware, endedAnyway] },
  'an end is told that the row does not have': { changes: [...unaware, toldAnyway] },
  'the end has another number in the row': { changes: [otherNumber], ofAll: true },
}

/** For a comparison: what the log in Redis costs. */
const UNLOGGED: Mutation = {
  changes: [
    {
      file: '/src/redis/answer-log.ts',
      from: "let state: 'early' | 'idle' | 'writing' | 'over' = 'early'",
      to: "let state = 'over'",
    },
  ],
}

/** Throws if a text that it replaces is not there. */
export function mutate(name: string): void {
  const mutation = name === 'unlogged' ? UNLOGGED : MUTATIONS[name]
  if (mutation === undefined) throw new Error(`no mutation ${name}`)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const changes = mutation.changes.filter(({ file }) => url.endsWith(file))
      if (changes.length === 0) return loaded
      let source = String(loaded.source)
      for (const { file, from, to } of changes) {
        if (source.split(from).length !== 2) throw new Error(`"${name}" does not fit ${file}`)
        source = source.replace(from, () => to)
      }
      return { ...loaded, source }
    },
  })
}
