/** Joins the text items that pdf.js finds on a page into runs: pieces of a line without a wide gap. */

/** A rectangle on a page, in points; `y` grows upwards. */
export interface Box {
  readonly left: number
  readonly right: number
  /** Baseline of the last line. */
  readonly bottom: number
  readonly top: number
}

export interface TextRun extends Box {
  readonly text: string
  /** Font size, in points. */
  readonly size: number
  /** Whether its font is monospaced. */
  readonly mono: boolean
}

/** The part used here of pdf.js's text item. */
export interface TextItem {
  readonly str: string
  readonly width: number
  readonly transform: readonly number[]
  readonly fontName: string
}

/** Gaps in font sizes: wider ones are a space between words, or the boundary of a column or cell. */
const WORD_GAP = 0.17
const CELL_GAP = 1.5
/** Code is indented and aligned with spaces. */
const CODE_GAP = 30

/**
 * Runs in the order of the page's content stream. Rotated text, such as stamps along the margin, is left out. `view`
 * is the viewport's transform, which turns rotated pages upright.
 */
export function runsOf(
  items: Iterable<TextItem>,
  view: readonly number[],
  isMono: (fontName: string) => boolean,
): TextRun[] {
  const runs: TextRun[] = []
  let open: { run: TextRun; readonly text: RunText; spaced: boolean } | undefined
  const close = () => {
    if (open) runs.push({ ...open.run, text: open.text.whole() })
    open = undefined
  }
  for (const item of items) {
    const placed = place(item, view, isMono(item.fontName))
    if (!placed) continue
    if (placed.text.trim() === '') {
      if (open && sameLine(open.run, placed)) open.spaced ||= placed.text !== ''
      continue
    }
    const gap = open ? placed.left - open.run.right : 0
    const { size } = placed
    const mono = open?.run.mono === true && placed.mono
    if (
      open &&
      sameLine(open.run, placed) &&
      gap < (mono ? CODE_GAP : CELL_GAP) * Math.max(size, open.run.size) &&
      gap > -0.5 * Math.max(size, open.run.size)
    ) {
      const spaced = open.spaced || gap > WORD_GAP * Math.min(size, open.run.size)
      const spaces = mono ? Math.max(1, Math.round(gap / (0.6 * size))) : 1
      open.run = around(open.run, open.text.length(), placed)
      open.text.add(spaced ? ' '.repeat(spaces) : '', placed.text)
      open.spaced = false
    } else {
      close()
      open = { run: placed, text: createText(placed.text), spaced: false }
    }
  }
  close()
  return runs
}

/** Whether both are on one line: baselines within half a font size, which includes super- and subscripts. */
export function sameLine(a: Pick<TextRun, 'bottom' | 'size'>, b: Pick<TextRun, 'bottom' | 'size'>): boolean {
  return Math.abs(a.bottom - b.bottom) < 0.5 * Math.max(a.size, b.size)
}

/** Run `a`, whose text has `length` UTF-16 code units, extended by `b`; the text itself is kept elsewhere. */
function around(a: TextRun, length: number, b: TextRun): TextRun {
  // The main text determines the line; the other is a footnote mark or an index.
  const main = b.text.length > length && b.size >= a.size ? b : a
  return {
    text: '',
    size: main.size,
    mono: a.mono && b.mono,
    bottom: main.bottom,
    top: Math.max(a.top, b.top),
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
  }
}

type RunText = ReturnType<typeof createText>

/**
 * Builds the text of a run in linear time, as a line may have thousands of items. A space inferred from a gap replaces
 * the white space around it.
 */
function createText(first: string) {
  const parts: string[] = []
  let length = 0
  /** White space at the end of the last part. */
  let trail = ''
  const push = (part: string): void => {
    const visible = part.trimEnd()
    parts.push(visible)
    trail = part.slice(visible.length)
    length += part.length
  }
  push(first)
  return {
    add(between: string, text: string): void {
      length -= between === '' ? 0 : trail.length
      parts.push(between === '' ? trail : between)
      length += between.length
      push(between === '' ? text : text.trimStart())
    },
    length: () => length,
    whole: () => parts.join('') + trail,
  }
}

function place(
  { str, width, transform }: TextItem,
  view: readonly number[],
  mono: boolean,
): TextRun | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = transform
  const [va = 1, vb = 0, vc = 0, vd = -1, ve = 0, vf = 0] = view
  // In the viewport, `y` grows downwards.
  const alongX = va * a + vc * b
  const alongY = -(vb * a + vd * b)
  const size = Math.hypot(va * c + vc * d, vb * c + vd * d)
  if (!(size > 0) || Math.abs(alongY) > 0.3 * Math.abs(alongX)) return undefined
  const left = va * e + vc * f + ve
  const bottom = -(vb * e + vd * f + vf)
  return {
    // Fonts map letters they don't name to NUL.
    text: str.replaceAll('\0', '\ufffd'),
    size,
    mono,
    left,
    right: left + (alongX < 0 ? -width : width),
    bottom,
    top: bottom + 0.8 * size,
  }
}
