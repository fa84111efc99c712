/** The whole screen: finished entries go to the scrollback, the rest is redrawn. */
import { Box, Static, useInput, usePaste, useWindowSize } from 'ink'
import { memo, useSyncExternalStore } from 'react'
import type { Printed } from './entries.ts'
import { EntryView } from './entry-view.tsx'
import { strokes } from './keys.ts'
import { LiveAnswer } from './live-answer.tsx'
import { Prompt } from './prompt.tsx'
import type { Viewport } from './running.ts'
import type { ChatSession } from './session.ts'
import type { State } from './state.ts'
import { StatusLine } from './status-line.tsx'
import { type Theme, ThemeContext } from './theme.ts'

interface ChatProps {
  readonly session: ChatSession
  readonly theme: Theme
  readonly now: () => number
}

export function Chat({ session, theme, now }: ChatProps) {
  const state = useSyncExternalStore(session.subscribe, session.state)
  const viewport = useWindowSize()
  useInput((input, key) => {
    for (const stroke of strokes(input, key)) session.press(stroke)
  })
  usePaste(session.paste)
  return (
    <ThemeContext value={theme}>
      <Scrollback entries={state.scrollback} width={viewport.columns} />
      {!state.leaving && <Live state={state} viewport={viewport} now={now} />}
    </ThemeContext>
  )
}

interface LiveProps {
  readonly state: State
  readonly viewport: Viewport
  readonly now: () => number
}

function Live({ state, viewport, now }: LiveProps) {
  return (
    <Box flexDirection="column">
      {state.running !== undefined && <LiveAnswer running={state.running} viewport={viewport} />}
      <Box marginTop={1} flexDirection="column">
        <StatusLine state={state} now={now} />
      </Box>
      <Prompt
        editor={state.editor}
        viewport={viewport}
        idle={state.running !== undefined && state.editor.text === ''}
      />
    </Box>
  )
}

const Scrollback = memo(function Scrollback(props: { entries: readonly Printed[]; width: number }) {
  return (
    <Static items={[...props.entries]} style={{ width: props.width }}>
      {(entry) => <EntryView key={entry.key} entry={entry} width={props.width} />}
    </Static>
  )
})
