/** A terminal for tests: a real emulator behind streams that look like a TTY. */
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { Terminal } from '@xterm/headless'
import { Keyboard } from '../../support/keyboard.ts'

// Ink keeps console output off its frame; the console of vitest lacks what it needs for that.
Object.assign(console, { Console })

const DEADLINE_MS = 20_000

class Output extends Writable {
  readonly isTTY = true
  columns: number
  rows: number
  bytes = 0
  writes = 0
  raw = ''
  readonly #terminal: Terminal
  readonly #changed: () => void

  constructor(terminal: Terminal, changed: () => void) {
    super({ decodeStrings: false })
    this.columns = terminal.cols
    this.rows = terminal.rows
    this.#terminal = terminal
    this.#changed = changed
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    const text = chunk.toString()
    this.bytes += Buffer.byteLength(text)
    this.writes++
    this.raw += text
    // A terminal driver turns line feeds into new lines.
    this.#terminal.write(text.replace(/\r?\n/g, '\r\n'), () => {
      this.#changed()
      done()
    })
  }
}

export class Screen {
  readonly stdin = new Keyboard()
  readonly stdout: Output
  readonly #terminal: Terminal
  readonly #waiting = new Set<() => void>()

  constructor({ columns = 80, rows = 24 } = {}) {
    this.#terminal = new Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true })
    this.stdout = new Output(this.#terminal, () => {
      for (const check of this.#waiting) check()
    })
    this.#terminal.onData((reply) => this.stdin.write(reply))
  }

  type(keys: string): void {
    this.stdin.write(keys)
  }

  paste(text: string): void {
    this.stdin.write(`\u001b[200~${text}\u001b[201~`)
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows)
    this.stdout.columns = columns
    this.stdout.rows = rows
    this.stdout.emit('resize')
  }

  /** Everything from the top of the scrollback to the last row that is not blank. */
  get text(): string {
    return this.#lines(0)
  }

  /** What is visible now. */
  get visible(): string {
    return this.#lines(this.#terminal.buffer.active.baseY)
  }

  get cursor(): { x: number; y: number; line: string } {
    const { cursorX, cursorY, baseY } = this.#terminal.buffer.active
    const line = this.#terminal.buffer.active.getLine(baseY + cursorY)?.translateToString(true) ?? ''
    return { x: cursorX, y: cursorY, line }
  }

  /** Resolves when the text shows, or the condition holds; rejects with the screen when it never does. */
  until(expected: string | RegExp | (() => boolean)): Promise<void> {
    const holds = () => {
      if (typeof expected === 'function') return expected()
      return typeof expected === 'string' ? this.text.includes(expected) : expected.test(this.text)
    }
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`never seen: ${expected}\n--- the screen:\n${this.text}\n---`))
      }, DEADLINE_MS)
      const check = () => {
        if (!holds()) return
        clearTimeout(deadline)
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  #lines(from: number): string {
    const buffer = this.#terminal.buffer.active
    const lines: string[] = []
    for (let row = from; row < buffer.length; row++) {
      lines.push(buffer.getLine(row)?.translateToString(true) ?? '')
    }
    return lines.join('\n').trimEnd()
  }
}
