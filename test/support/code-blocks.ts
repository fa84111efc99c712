/** The code blocks of a page in Markdown, and what its author says of running them. */
import { marked, type Token } from 'marked'

export interface CodeBlock {
  readonly text: string
  /** Of its fence; undefined where it is indented, or where the fence names none. */
  readonly language: string | undefined
  /** Of a comment right before it: `<!-- not run: it needs a cluster -->`. */
  readonly notRun: string | undefined
}

const NOT_RUN = /^<!-- not run: (\S.*) -->$/

export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let before: Token | undefined
  marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === 'space') return
    if (token.type === 'code') {
      const notRun = before?.type === 'html' ? NOT_RUN.exec(before.raw.trim())?.[1] : undefined
      blocks.push({ text: token.text, language: token.lang || undefined, notRun })
    }
    before = token
  })
  return blocks
}
