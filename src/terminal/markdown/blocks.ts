/**
 * Splits Markdown into blocks that can be rendered separately, without parsing it: while an answer streams, only its
 * last block can change. A long list is one block per item, so that the unfinished block stays small.
 */

export interface MarkdownBlock {
  /** UTF-16 offsets in the text; blank lines between blocks belong to none. */
  readonly start: number
  readonly end: number
  /** Whether an empty line is shown above. */
  readonly gap: boolean
}

/** The start of a block, from which a growing text is split again. */
export type BlockStart = Pick<MarkdownBlock, 'start' | 'gap'>

export const TEXT_START: BlockStart = { start: 0, gap: true }

/**
 * The blocks of `text` from the start of one of them. More text can change only the last block, as long as the text
 * ends in a line feed: `- ` at the end of an unfinished line may become anything.
 */
export function splitBlocks(text: string, from: BlockStart = TEXT_START): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = []
  let open: { start: number; end: number; gap: boolean; kind: Kind } | undefined
  let fence: string | undefined
  let blank = false
  const close = () => {
    if (open !== undefined) blocks.push({ start: open.start, end: open.end, gap: open.gap })
  }
  for (const { start, end } of lines(text, from.start)) {
    const line = text.slice(start, end)
    if (open !== undefined && fence !== undefined) {
      open.end = end
      if (closes(line, fence)) fence = undefined
      continue
    }
    if (line.trim() === '') {
      blank = true
      continue
    }
    const kind = kindOf(line)
    if (open === undefined || begins(line, kind, open.kind, blank)) {
      const tight = open?.kind === 'item' && kind === 'item' && !blank
      close()
      open = { start, end, gap: open === undefined ? from.gap : !tight, kind }
    } else open.end = end
    fence = FENCE.exec(line)?.[1]
    blank = false
  }
  close()
  return blocks
}

type Kind = 'item' | 'heading' | 'fence' | 'text'

const FENCE = /^ {0,3}(`{3,}(?!`)|~{3,}(?!~))(?!.*`)/
const ITEM = /^ ?(?:[-*+]|\d{1,9}[.)])(?: |$)/

function kindOf(line: string): Kind {
  if (ITEM.test(line)) return 'item'
  if (/^ {0,3}#{1,6}(?: |$)/.test(line)) return 'heading'
  return FENCE.test(line) ? 'fence' : 'text'
}

/** Whether a line starts a new block after one of kind `before`; `blank`: they are separated by an empty line. */
function begins(line: string, kind: Kind, before: Kind, blank: boolean): boolean {
  if (before === 'item' && /^(?: {2,}|\t)/.test(line)) return false
  if (before === 'heading' || before === 'fence' || kind !== 'text') return true
  return blank && !/^(?: {4,}|\t)/.test(line)
}

const closes = (line: string, fence: string): boolean => {
  const mark = line.trim()
  return mark.length >= fence.length && mark === (fence[0] ?? '').repeat(mark.length)
}

function* lines(text: string, from: number): Generator<{ start: number; end: number }> {
  let start = from
  while (start < text.length) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    yield { start, end }
    start = end + 1
  }
}
