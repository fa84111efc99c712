/** The input, with the terminal's cursor in it. */
import { Box, type DOMElement, Text, useBoxMetrics, useCursor } from 'ink'
import { useRef } from 'react'
import type { Editor } from './editor.ts'
import { layoutInput } from './input-rows.ts'
import type { Viewport } from './running.ts'
import { PROMPT_WIDTH } from './session.ts'
import { useTheme } from './theme.ts'

interface PromptProps {
  readonly editor: Editor
  readonly viewport: Viewport
  /** The cursor is hidden while nobody types: it would jump above the growing text. */
  readonly idle: boolean
}

/** Visible rows of a long input. */
const MAX_ROWS = 8

/** Must be a direct child of the outermost box of Ink's output, because the cursor is positioned relative to it. */
export function Prompt({ editor, viewport, idle }: PromptProps) {
  const { accent } = useTheme()
  const box = useRef<DOMElement>(null)
  const { top, hasMeasured } = useBoxMetrics(box)
  const { setCursorPosition } = useCursor()
  const { rows, row, column } = layoutInput(editor, viewport.columns - PROMPT_WIDTH)
  const shown = Math.max(1, Math.min(MAX_ROWS, viewport.rows - 4))
  const first = Math.max(0, Math.min(row - shown + 1, rows.length - shown))
  setCursorPosition(hasMeasured && !idle ? { x: PROMPT_WIDTH + column, y: top + row - first } : undefined)
  return (
    <Box ref={box} flexDirection="column" flexShrink={0}>
      {rows.slice(first, first + shown).map(({ text, start }, index) => (
        <Text key={start} wrap="truncate">
          <Text bold color={accent}>
            {first + index === 0 ? '› ' : '  '}
          </Text>
          {text}
        </Text>
      ))}
    </Box>
  )
}
