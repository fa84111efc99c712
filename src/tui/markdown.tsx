/** One block of Markdown as an Ink element. */
import { Text } from 'ink'
import { memo } from 'react'
import { layOut } from '../terminal/markdown/lay-out.ts'
import type { Run } from '../terminal/markdown/runs.ts'
import { type Theme, useTheme } from './theme.ts'

interface MarkdownProps {
  readonly text: string
  /** Maximum terminal columns. */
  readonly width: number
}

export const Markdown = memo(function Markdown({ text, width }: MarkdownProps) {
  const theme = useTheme()
  const lines = layOut(text, width, { colours: theme.code !== undefined })
  return (
    <Text>
      {lines.map((line, row) => {
        const position = `${row}`
        return (
          <Text key={position}>
            {row > 0 && '\n'}
            {line.map((run, column) => {
              const place = `${column}`
              return <Styled key={place} run={run} theme={theme} />
            })}
          </Text>
        )
      })}
    </Text>
  )
})

function Styled({ run, theme }: { readonly run: Run; readonly theme: Theme }) {
  const { bold, italic, underline, strikethrough, dim, tone } = run.style
  return (
    <Text
      bold={bold}
      italic={italic}
      underline={underline}
      strikethrough={strikethrough}
      dimColor={dim}
      color={tone && theme[tone]}
    >
      {run.text}
    </Text>
  )
}
