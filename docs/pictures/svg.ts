/**
 * Screens of a terminal as one SVG: equal rows are stored once, the screens stand below each other, and a CSS
 * animation shows one after the other. What does not animate shows the last screen.
 */
import type { Frame, Run, Size, Style } from './terminal.ts'

const CELL = 8.4
const LINE = 18
const FONT_SIZE = 14
const MARGIN = 14
const TITLE_BAR = 34

const FOREGROUND = '#d8dee9'
const BACKGROUND = '#1b1f27'
const FRAME_COLOUR = '#12151b'
const PALETTE = [
  ['#3b4252', '#e06c75', '#98c379', '#e5c07b', '#61afef', '#c678dd', '#56b6c2', '#d8dee9'],
  ['#616e88', '#ff7b85', '#b5e890', '#ffd68a', '#82c7ff', '#de95f0', '#70d0dd', '#ffffff'],
].flat()

/** No pause is shown for longer, and no screen for less. */
const LONGEST_PAUSE_MS = 1500
const SHORTEST_MS = 60
const LAST_SCREEN_MS = 5000

/** What happens before anybody can type takes this long, with so many screens at most. */
const PREPARATION = { ms: 9000, screens: 60 }

export interface Picture {
  readonly title: string
  readonly size: Size
  readonly frames: readonly Frame[]
  /** When the preparation was over, as the frames count time. */
  readonly readyAt: number
}

interface Screen extends Frame {
  /** How long it is shown. */
  readonly ms: number
}

export function toSvg({ title, size, frames, readyAt }: Picture): string {
  const screens = distinct(frames)
  const shown = [
    ...hurried(screens.filter(({ at }) => at < readyAt)),
    ...screens.filter(({ at }) => at >= readyAt),
  ]
  const width = round(size.columns * CELL + 2 * MARGIN)
  const height = round(size.rows * LINE + 2 * MARGIN + TITLE_BAR)
  const screen = size.rows * LINE
  const rows = new Map<string, string>()
  const film = shown.map((frame, index) => screenOf(frame, index * screen, rows))
  const last = (shown.length - 1) * screen
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>
text{font:${FONT_SIZE}px "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;fill:${FOREGROUND};white-space:pre}
.b{font-weight:bold}.d{opacity:.6}.i{font-style:italic}.u{text-decoration:underline}.s{text-decoration:line-through}
#film{transform:translateY(-${last}px);${animation(shown)}}
@media (prefers-reduced-motion:reduce){#film{animation:none}}
${keyframes(shown, screen)}
</style>
<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>
<path d="M0 ${TITLE_BAR}V8a8 8 0 0 1 8-8H${width - 8}a8 8 0 0 1 8 8V${TITLE_BAR}z" fill="${FRAME_COLOUR}"/>
<circle cx="20" cy="17" r="6" fill="#e06c75"/><circle cx="40" cy="17" r="6" fill="#e5c07b"/><circle cx="60" cy="17" r="6" fill="#98c379"/>
<text x="${width / 2}" y="22" text-anchor="middle" class="d">${escaped(title)}</text>
<defs>
${[...rows].map(([content, id]) => `<g id="${id}">${content}</g>`).join('\n')}
</defs>
<clipPath id="screen"><rect width="${width - MARGIN}" height="${screen}"/></clipPath>
<g transform="translate(${MARGIN} ${TITLE_BAR + MARGIN})" clip-path="url(#screen)">
<g id="film">
${film.join('\n')}
</g>
</g>
</svg>
`
}

/** Screens that differ from the one before, with pauses cut. */
function distinct(frames: readonly Frame[]): Screen[] {
  const kept: Frame[] = []
  for (const frame of frames) {
    if (
      JSON.stringify([kept.at(-1)?.rows, kept.at(-1)?.cursor]) !== JSON.stringify([frame.rows, frame.cursor])
    ) {
      kept.push(frame)
    }
  }
  return kept.map((frame, index) => {
    const next = kept[index + 1]
    const pause = next === undefined ? LAST_SCREEN_MS : next.at - frame.at
    return {
      ...frame,
      ms: next === undefined ? pause : Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_MS, pause)),
    }
  })
}

/** Fewer screens, faster, where there would be too many or they would take too long. */
function hurried(screens: readonly Screen[]): Screen[] {
  const step = Math.max(1, screens.length / PREPARATION.screens)
  const kept = screens.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
  const each = Math.min(PREPARATION.ms, total(screens)) / kept.length
  return kept.map((screen) => ({ ...screen, ms: each }))
}

const animation = (frames: readonly { readonly ms: number }[]): string =>
  `animation:film ${round(total(frames) / 1000)}s step-end infinite`

function keyframes(frames: readonly { readonly ms: number }[], screen: number): string {
  const whole = total(frames)
  let at = 0
  const steps = frames.map(({ ms }, index) => {
    const step = `${round((at / whole) * 100, 3)}%{transform:translateY(-${index * screen}px)}`
    at += ms
    return step
  })
  return `@keyframes film{${steps.join('')}}`
}

const total = (frames: readonly { readonly ms: number }[]): number =>
  frames.reduce((sum, { ms }) => sum + ms, 0)

function screenOf(frame: Frame, y: number, rows: Map<string, string>): string {
  const parts = frame.rows.flatMap((runs, row) => {
    if (runs.length === 0) return []
    const content = runs.map(runOf).join('')
    const id = rows.get(content) ?? `r${rows.size}`
    rows.set(content, id)
    return [`<use href="#${id}" y="${row * LINE}"/>`]
  })
  const { cursor } = frame
  if (cursor !== undefined) {
    parts.push(
      `<rect x="${round(cursor.column * CELL)}" y="${cursor.row * LINE + 2}" width="${CELL}" height="${LINE - 3}" fill="${FOREGROUND}" opacity=".7"/>`,
    )
  }
  return `<g transform="translate(0 ${y})">${parts.join('')}</g>`
}

function runOf({ column, width, text, style }: Run): string {
  const x = round(column * CELL)
  const length = round(width * CELL)
  const box =
    style.background === undefined
      ? ''
      : `<rect x="${x}" width="${length}" height="${LINE}" fill="${colour(style.background, BACKGROUND)}"/>`
  const words = text.trim()
  if (words === '') return box
  // Blanks around the words would be dropped by some viewers, and move them.
  const blanks = text.length - words.length
  const start = round((column + text.length - text.trimStart().length) * CELL)
  const classes = classesOf(style)
  const attributes = [
    `x="${start}" y="${FONT_SIZE}" textLength="${round((width - blanks) * CELL)}"`,
    classes === '' ? '' : ` class="${classes}"`,
    style.color === undefined ? '' : ` style="fill:${colour(style.color, FOREGROUND)}"`,
  ].join('')
  return `${box}<text ${attributes}>${escaped(words).replaceAll(' ', '\u00a0')}</text>`
}

const classesOf = ({ bold, dim, italic, underline, strikethrough }: Style): string =>
  [bold && 'b', dim && 'd', italic && 'i', underline && 'u', strikethrough && 's'].filter(Boolean).join(' ')

function colour(value: number | string, otherwise: string): string {
  if (value === 'background') return BACKGROUND
  if (value === 'foreground') return FOREGROUND
  if (typeof value === 'string') return value
  if (value < 16) return PALETTE[value] ?? otherwise
  if (value >= 232) return grey(8 + (value - 232) * 10)
  const cube = value - 16
  const level = (part: number) => (part === 0 ? 0 : 55 + part * 40)
  return `rgb(${level(Math.floor(cube / 36))},${level(Math.floor(cube / 6) % 6)},${level(cube % 6)})`
}

const grey = (level: number): string => `rgb(${level},${level},${level})`

const round = (value: number, digits = 1): number => Number(value.toFixed(digits))

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
