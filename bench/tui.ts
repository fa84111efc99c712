/**
 * What drawing an answer costs: 100 deltas a second for 5 seconds into the chat, on a terminal that only
 * counts. Run: node bench/tui.ts
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { AskEvent, AskRequest, ChatClient } from '../src/client/client.ts'
import { MAX_FPS } from '../src/tui/text-batch.ts'
import { Keyboard } from '../test/support/keyboard.ts'
import './tsx.ts'

const DELTAS_PER_SECOND = 100
const SECONDS = 5

process.env.NODE_ENV = 'production'
process.env.FORCE_COLOR = '1'
const { openChat } = await import('../src/tui/open.tsx')

/** Ink brackets each frame as one synchronised update. */
const FRAME = '\u001b[?2026h'

class CountingTerminal extends Writable {
  readonly isTTY = true
  readonly columns = 120
  readonly rows = 40
  frames = 0
  bytes = 0
  longest = 0

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytes += chunk.length
    this.longest = Math.max(this.longest, chunk.length)
    this.frames += chunk.toString().split(FRAME).length - 1
    done()
  }
}

interface Measured {
  readonly frames: number
  readonly bytes: number
  readonly longest: number
  /** Share of one core. */
  readonly cpu: number
  readonly seconds: number
}

/** Streams `pieces` at the given rate and measures from the first to the end of the answer. */
async function measure(pieces: readonly string[]): Promise<Measured> {
  const stdout = new CountingTerminal()
  const stdin = new Keyboard()
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-tui-'))
  const finished = Promise.withResolvers<void>()
  const chat = openChat({
    client: streamingClient(pieces, finished.resolve),
    version: 'bench',
    dataDir,
    listCollections: async () => [],
    stdin,
    stdout,
    env: {},
  })
  stdin.write('Go on?\r')
  const before = { cpu: process.cpuUsage(), at: performance.now(), ...counts(stdout) }
  await finished.promise
  const { user, system } = process.cpuUsage(before.cpu)
  const ms = performance.now() - before.at
  const after = counts(stdout)
  stdin.write('\u0003\u0003')
  await chat
  await rm(dataDir, { recursive: true })
  return {
    frames: after.frames - before.frames,
    bytes: after.bytes - before.bytes,
    longest: stdout.longest,
    cpu: (user + system) / 1000 / ms,
    seconds: ms / 1000,
  }
}

const counts = ({ frames, bytes }: CountingTerminal) => ({ frames, bytes })

function streamingClient(pieces: readonly string[], finished: () => void): ChatClient {
  return {
    async *ask(request: AskRequest): AsyncGenerator<AskEvent, void, undefined> {
      const text = pieces.join('')
      const start = performance.now()
      for (const [index, piece] of pieces.entries()) {
        const due = start + (index * 1000) / DELTAS_PER_SECOND
        const wait = due - performance.now()
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
        yield { type: 'delta', text: piece }
      }
      finished()
      yield {
        type: 'done',
        answer: {
          id: '0',
          conversation: '0',
          question: request.question,
          text,
          certainty: 'answered',
          citations: [],
          cached: false,
          generator: 'bench',
          language: 'en',
          timings: {},
          warnings: [],
        },
      }
    },
    search: () => Promise.reject(new Error('not searched')),
    history: () => Promise.reject(new Error('no history')),
    onConnection: () => () => {},
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

const COUNT = DELTAS_PER_SECOND * SECONDS
const PROSE = 'Слова and **words** with `code`, a [1] mark; '
const SHAPES: Readonly<Record<string, readonly string[]>> = {
  'no text at all (what the spinner costs)': Array.from({ length: COUNT }, () => ''),
  paragraphs: Array.from({ length: COUNT }, (_, n) =>
    n % 40 === 39 ? '\n\n' : PROSE.slice(n % 30, (n % 30) + 12),
  ),
  'one long paragraph': Array.from({ length: COUNT }, (_, n) => PROSE.slice(n % 30, (n % 30) + 12)),
  'a list of 250 items': Array.from({ length: COUNT }, (_, n) => (n % 2 === 0 ? '- item **' : 'bold**\n')),
  'a code block of 500 lines': Array.from({ length: COUNT }, (_, n) =>
    n === 0 ? '```js\n' : `line(${n}) // text\n`,
  ),
}

process.stdout.write(
  `${DELTAS_PER_SECOND} deltas/s for ${SECONDS} s, 120 × 40, at most ${MAX_FPS} frames/s\n`,
)
for (const [shape, pieces] of Object.entries(SHAPES)) {
  const { frames, bytes, longest, cpu, seconds } = await measure(pieces)
  process.stdout.write(
    `${shape}: ${(frames / seconds).toFixed(1)} frames/s, ${(bytes / seconds / 1000).toFixed(1)} kB/s, ` +
      `longest write ${(longest / 1000).toFixed(1)} kB, ${(cpu * 100).toFixed(1)} % of a core\n`,
  )
}
