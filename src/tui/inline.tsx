/** Markdown inside a paragraph: emphasis, code, links and citation marks, as nested <Text>. */
import { Text, Transform } from 'ink'
import type { MarkedToken, Token } from 'marked'
import { Fragment, type ReactNode } from 'react'
import { type Theme, useTheme } from './theme.ts'

export function Inline({ tokens }: { readonly tokens: readonly Token[] }) {
  const theme = useTheme()
  return <Transform transform={flushLeft}>{renderAll(tokens, theme)}</Transform>
}

/** If words fill a line exactly, Ink starts the next line with the space between them. */
const flushLeft = (line: string, index: number): string =>
  index === 0 ? line : line.replace(/^((?:\u001b\[[\d;]*m)*) /, '$1')

/** The visible text without styles, for measuring. */
export function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => ('tokens' in token && token.tokens ? plainText(token.tokens) : leafText(token)))
    .join('')
}

const KNOWN = new Set<string>(
  'blockquote br checkbox code codespan def del em escape heading hr html image link list list_item paragraph space strong table text'.split(
    ' ',
  ),
)

/** Whether the token is a built-in one of marked, whose fields are typed. */
export const isKnown = (token: Token): token is MarkedToken => KNOWN.has(token.type)

function renderAll(tokens: readonly Token[], theme: Theme): ReactNode {
  return tokens.map((token, index) => {
    const position = `${index}`
    return <Fragment key={position}>{isKnown(token) ? render(token, theme) : token.raw}</Fragment>
  })
}

function render(token: MarkedToken, theme: Theme): ReactNode {
  switch (token.type) {
    case 'strong':
      return <Text bold>{renderAll(token.tokens, theme)}</Text>
    case 'em':
      return <Text italic>{renderAll(token.tokens, theme)}</Text>
    case 'del':
      return <Text strikethrough>{renderAll(token.tokens, theme)}</Text>
    case 'codespan':
      return theme.code === undefined ? `\`${token.text}\`` : <Text color={theme.code}>{token.text}</Text>
    case 'br':
      return '\n'
    case 'link':
      return link(token.tokens, token.text, token.href, theme)
    case 'image':
      return `${token.text === '' ? 'image' : token.text} (${token.href})`
    case 'text':
      return token.tokens === undefined ? marks(decoded(token.text), theme) : renderAll(token.tokens, theme)
    case 'escape':
      return token.text
    default:
      return leafText(token)
  }
}

/** Always shows the target, because a document can label a link as it likes. */
function link(label: readonly Token[], text: string, href: string, theme: Theme): ReactNode {
  const shown = (
    <Text underline color={theme.link}>
      {renderAll(label, theme)}
    </Text>
  )
  if (text === href || `mailto:${text}` === href || href === '') return shown
  return (
    <>
      {shown}
      <Text dimColor>{` (${href})`}</Text>
    </>
  )
}

/** Citation marks such as `[1]`. */
function marks(text: string, theme: Theme): ReactNode {
  const pieces = text.split(/(\[\d{1,3}\])/)
  if (pieces.length === 1) return text
  return pieces.map((piece, index) => {
    const position = `${index}`
    return index % 2 === 0 ? (
      piece
    ) : (
      <Text key={position} bold color={theme.accent}>
        {piece}
      </Text>
    )
  })
}

function leafText(token: Token): string {
  if (token.type === 'br') return '\n'
  if (token.type === 'codespan' || token.type === 'escape') return `${token.text}`
  if (token.type === 'image') return `${token.text} (${token.href})`
  return token.type === 'text' ? decoded(`${token.text}`) : token.raw
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&nbsp;': '\u00a0',
}

/** In Markdown, a line feed inside a paragraph is a space. */
const decoded = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => ENTITIES[entity] ?? entity).replace(/\n/g, ' ')
