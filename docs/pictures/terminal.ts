/** A command in a real pseudo-terminal, and what its screen looks like over time. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import unicode11 from '@xterm/addon-unicode11'
import xterm, { type IBufferCell, type Terminal } from '@xterm/headless'

/** Cells of one style next to each other. */
export interface Run {
  readonly column: number
  /** Terminal columns. */
  readonly width: number
  readonly text: string
  readonly style: Style
}

export interface Style {
  /** Palette index, `#rrggbb`, or undefined for the terminal's own. */
  readonly color: number | string | undefined
  readonly background: number | string | undefined
  readonly bold: boolean
  readonly dim: boolean
  readonly italic: boolean
  readonly underline: boolean
  readonly strikethrough: boolean
}

export interface Frame {
  /** Milliseconds since the command was started. */
  readonly at: number
  readonly rows: readonly (readonly Run[])[]
  readonly cursor: { readonly row: number; readonly column: number } | undefined
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Screens closer together than this are one. */
const FRAME_MS = 80
const GIVE_UP_MS = 600_000

export class RecordedTerminal implements AsyncDisposable {
  readonly frames: Frame[] = []
  readonly #terminal: Terminal
  readonly #child: ChildProcess
  readonly #started = performance.now()
  readonly #exited: Promise<unknown>
  #cursorShown = true
  #waiting: NodeJS.Timeout | undefined

  /** `command` runs in a shell. */
  constructor(command: string, { columns, rows }: Size, options: { cwd: string; env: NodeJS.ProcessEnv }) {
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
    this.#terminal.loadAddon(new unicode11.Unicode11Addon())
    this.#terminal.unicode.activeVersion = '11'
    for (const [final, shown] of [
      ['h', true],
      ['l', false],
    ] as const) {
      this.#terminal.parser.registerCsiHandler({ prefix: '?', final }, (params) => {
        if (params[0] === 25) this.#cursorShown = shown
        return false
      })
    }
    // script(1) brings the pseudo-terminal; the size is told from inside.
    const sized = `stty cols ${columns} rows ${rows}; ${command}`
    this.#child = spawn('script', ['-qefc', sized, '/dev/null'], {
      cwd: options.cwd,
      env: { ...options.env, TERM: 'xterm-256color', COLORTERM: 'truecolor', COLUMNS: '', LINES: '' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.stdout?.on('data', (bytes: Buffer) => {
      this.#terminal.write(bytes, () => this.#changed())
    })
    this.#terminal.onData((reply) => this.send(reply))
  }

  send(keys: string): void {
    this.#child.stdin?.write(keys)
  }

  /** Types like a person who knows what to say. */
  async type(text: string): Promise<void> {
    for (const letter of text) {
      this.send(letter)
      await sleep(45)
    }
  }

  /** Resolves when the visible text fits. */
  async until(expected: RegExp): Promise<void> {
    const start = performance.now()
    while (!expected.test(this.text)) {
      if (performance.now() - start > GIVE_UP_MS || this.#child.exitCode !== null) {
        throw new Error(`never seen: ${expected}\n${this.text}`)
      }
      await sleep(50)
    }
  }

  /** Resolves with the frames when the command has ended. */
  async ended(): Promise<readonly Frame[]> {
    await this.#exited
    this.#capture()
    return this.frames
  }

  /** Milliseconds, as the frames count them. */
  get elapsed(): number {
    return performance.now() - this.#started
  }

  get text(): string {
    return this.#rows()
      .map((runs) => runs.map(({ text }) => text).join(''))
      .join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGHUP')
    await this.#exited
    clearTimeout(this.#waiting)
    this.#terminal.dispose()
  }

  #changed(): void {
    this.#waiting ??= setTimeout(() => this.#capture(), FRAME_MS)
  }

  #capture(): void {
    clearTimeout(this.#waiting)
    this.#waiting = undefined
    const { cursorX, cursorY } = this.#terminal.buffer.active
    this.frames.push({
      at: this.elapsed,
      rows: this.#rows(),
      cursor: this.#cursorShown ? { row: cursorY, column: cursorX } : undefined,
    })
  }

  #rows(): Run[][] {
    const buffer = this.#terminal.buffer.active
    return Array.from({ length: this.#terminal.rows }, (_, row) => {
      const line = buffer.getLine(buffer.baseY + row)
      const runs: Run[] = []
      for (let column = 0; column < this.#terminal.cols; column++) {
        const cell = line?.getCell(column)
        if (cell === undefined || cell.getWidth() === 0) continue
        append(runs, column, cell)
      }
      return trimmed(runs)
    })
  }
}

function append(runs: Run[], column: number, cell: IBufferCell): void {
  const style = styleOf(cell)
  const text = cell.getChars() || ' '
  const last = runs.at(-1)
  // A wide character stands alone, so that its place does not depend on the viewer's font.
  const joins =
    last !== undefined && cell.getWidth() === 1 && last.width === last.text.length && same(last.style, style)
  if (joins) runs[runs.length - 1] = { ...last, text: last.text + text, width: last.width + 1 }
  else runs.push({ column, width: cell.getWidth(), text, style })
}

/** Without blanks at the end of the row. */
function trimmed(runs: Run[]): Run[] {
  const kept = runs.toReversed()
  while (kept[0] !== undefined && kept[0].text.trim() === '' && kept[0].style.background === undefined)
    kept.shift()
  return kept.toReversed()
}

function styleOf(cell: IBufferCell): Style {
  const color = cell.isFgPalette() ? cell.getFgColor() : cell.isFgRGB() ? hex(cell.getFgColor()) : undefined
  const background = cell.isBgPalette()
    ? cell.getBgColor()
    : cell.isBgRGB()
      ? hex(cell.getBgColor())
      : undefined
  const inverse = cell.isInverse() !== 0
  return {
    color: inverse ? (background ?? 'background') : color,
    background: inverse ? (color ?? 'foreground') : background,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underline: cell.isUnderline() !== 0,
    strikethrough: cell.isStrikethrough() !== 0,
  }
}

const hex = (rgb: number): string => `#${rgb.toString(16).padStart(6, '0')}`

const same = (one: Style, other: Style): boolean => JSON.stringify(one) === JSON.stringify(other)
