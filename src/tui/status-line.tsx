/** One line above the input: the answer's stage and the state of the connection. */
import { Text, useAnimation } from 'ink'
import { printableLine } from '../domain/printable.ts'
import { STAGE_WORDS } from '../terminal/stage-words.ts'
import { duration } from '../text/amounts.ts'
import type { Running } from './running.ts'
import type { Link, State } from './state.ts'
import { useTheme } from './theme.ts'

interface StatusLineProps {
  readonly state: State
  readonly now: () => number
}

export function StatusLine({ state, now }: StatusLineProps) {
  if (state.link.state !== 'connected') return <LinkStatus link={state.link} />
  if (state.running !== undefined) return <Progress running={state.running} now={now} />
  return <Hint state={state} />
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

function Progress({ running, now }: { running: Running; now: () => number }) {
  const { frame } = useAnimation({ interval: 100 })
  const { accent } = useTheme()
  const at = now()
  const doing = running.cancelling
    ? 'cancelling'
    : running.stage === undefined
      ? 'asking'
      : STAGE_WORDS[running.stage.name]
  const elapsed = duration(tenths(at - (running.stage?.startedAt ?? running.startedAt)))
  const done = running.finished.map(({ stage, ms }) => `${stage} ${duration(ms)}`).join(' · ')
  return (
    <Text wrap="truncate">
      <Text color={accent}>{SPINNER[frame % SPINNER.length]}</Text> {doing} {elapsed}
      <Text dimColor>
        {running.cancelling ? '' : ' · Esc cancels'}
        {done === '' ? '' : ` · ${done}`}
      </Text>
    </Text>
  )
}

/** Rounds to tenths of a second: faster updates would only cost time. */
const tenths = (ms: number): number => Math.max(0, Math.floor(ms / 100) * 100)

function LinkStatus({ link }: { link: Exclude<Link, { state: 'connected' }> }) {
  const { warning } = useTheme()
  const text =
    link.state === 'closed'
      ? `! Disconnected: ${printableLine(link.reason)}`
      : `! Connection lost (${printableLine(link.reason)}). Reconnecting, attempt ${link.attempt}, in ${duration(link.inMs)}`
  return (
    <Text wrap="truncate" color={warning}>
      {text}
    </Text>
  )
}

function Hint({ state }: { state: State }) {
  const { warning } = useTheme()
  if (state.quitArmed !== undefined) {
    const text = state.quitArmed === 'asked' ? 'Press Ctrl-C again to quit' : 'Esc or Ctrl-C again quits'
    return <Text color={warning}>{text}</Text>
  }
  const scope =
    state.collections === undefined ? 'all collections' : `in ${printableLine(state.collections.join(', '))}`
  const text =
    state.candidates.length > 0
      ? state.candidates.map(printableLine).join('  ')
      : `Enter sends · Alt-Enter new line · /help · ${scope}`
  return (
    <Text dimColor wrap="truncate">
      {text}
    </Text>
  )
}
