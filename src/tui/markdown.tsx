/** One block of Markdown as Ink elements. `text` is whatever a model or a document holds: it is made printable here. */
import { Box, Text } from 'ink'
import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import { memo, type ReactNode } from 'react'
import { printable } from '../domain/printable.ts'
import { Inline, isKnown } from './inline.tsx'
import { QuoteBox } from './quote-box.tsx'
import { Table } from './table.tsx'
import { useTheme } from './theme.ts'

interface MarkdownProps {
  readonly text: string
  /** Terminal columns to fill at most. */
  readonly width: number
}

export const Markdown = memo(function Markdown({ text, width }: MarkdownProps) {
  const safe = printable(text)
  const tokens = parse(safe)
  if (tokens === undefined) return <Text>{safe}</Text>
  return <Blocks tokens={tokens} width={width} depth={0} />
})

/** Deeper than this is not for reading, and nesting without end would exhaust the stack. */
const MAX_DEPTH = 8
const TOO_DEEP = /(?:> ?){24}/

function parse(text: string): readonly Token[] | undefined {
  if (TOO_DEEP.test(text)) return undefined
  try {
    return new Lexer({ gfm: true }).lex(text)
  } catch {
    return undefined
  }
}

interface NestedProps {
  readonly width: number
  readonly depth: number
}

function Blocks({
  tokens,
  width,
  depth,
  tight = false,
}: NestedProps & { tokens: readonly Token[]; tight?: boolean }) {
  const shown = tokens.filter(({ type }) => type !== 'space' && type !== 'def' && type !== 'checkbox')
  return (
    <Box flexDirection="column" flexShrink={0}>
      {shown.map((token, index) => {
        const position = `${index}`
        return (
          <Box key={position} marginTop={index === 0 || tight ? 0 : 1} flexShrink={0} flexDirection="column">
            {depth > MAX_DEPTH || !isKnown(token) ? (
              <Text>{token.raw}</Text>
            ) : (
              <BlockToken token={token} width={width} depth={depth} />
            )}
          </Box>
        )
      })}
    </Box>
  )
}

function BlockToken({ token, width, depth }: NestedProps & { token: MarkedToken }): ReactNode {
  const theme = useTheme()
  switch (token.type) {
    case 'heading':
      return (
        <Text bold underline={token.depth <= 2} color={theme.accent}>
          <Inline tokens={token.tokens} />
        </Text>
      )
    case 'paragraph':
      return <Inline tokens={token.tokens} />
    case 'text':
      return <Inline tokens={token.tokens ?? [token]} />
    case 'code':
      return (
        <Box paddingLeft={indent(2, width)}>
          <Text color={theme.code}>{token.text}</Text>
        </Box>
      )
    case 'blockquote':
      return (
        <QuoteBox>
          <Blocks tokens={token.tokens} width={width - 2} depth={depth + 1} />
        </QuoteBox>
      )
    case 'list':
      return <List list={token} width={width} depth={depth} />
    case 'table':
      return <Table table={token} width={width} />
    case 'hr':
      return <Text dimColor>{'─'.repeat(Math.max(1, Math.min(width, 40)))}</Text>
    default:
      return <Text>{token.raw.trimEnd()}</Text>
  }
}

function List({ list, width, depth }: NestedProps & { list: Tokens.List }) {
  return list.items.map((item, index) => {
    const marker = `${bullet(list, index)}${item.task ? (item.checked ? ' [x]' : ' [ ]') : ''} `
    return (
      <Box key={marker + item.raw.slice(0, 40)} marginTop={list.loose && index > 0 ? 1 : 0} flexShrink={0}>
        <Box flexShrink={0}>
          <Text>{marker}</Text>
        </Box>
        <Box flexDirection="column" flexShrink={1}>
          <Blocks tokens={item.tokens} width={width - marker.length} depth={depth + 1} tight={!item.loose} />
        </Box>
      </Box>
    )
  })
}

const bullet = ({ ordered, start }: Tokens.List, index: number): string =>
  ordered ? `${Number(start) + index}.` : '•'

/** Indentation that leaves room for the text on very narrow terminals. */
const indent = (columns: number, width: number): number => (width > 24 ? columns : 0)
