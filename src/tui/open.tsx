/** Opens the chat on a terminal, and restores the terminal afterwards. */
import { render } from 'ink'
import type { ChatClient } from '../client/client.ts'
import { type Answered, answeredOf } from '../client/more.ts'
import type { Turn } from '../domain/answer.ts'
import { ChatbotError } from '../domain/errors.ts'
import { Chat } from './chat.tsx'
import type { Holding, ScreenEntry } from './entries.ts'
import { openPromptHistory } from './prompt-history.ts'
import { wholeText } from './running.ts'
import { createSession } from './session.ts'
import { MAX_FPS } from './text-batch.ts'
import { themeFor } from './theme.ts'

export interface ChatOptions {
  readonly client: ChatClient
  readonly version: string
  /** Where the inputs are saved. */
  readonly dataDir: string
  readonly conversation?: string
  readonly collections?: readonly string[]
  readonly engine?: string
  /** Ends the chat as if the user had quit. */
  readonly signal?: AbortSignal
  listCollections: () => Promise<readonly Holding[]>
  readonly stdin: TerminalInput
  readonly stdout: TerminalOutput
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The part of `process.stdin` that the chat uses. */
interface TerminalInput extends NodeJS.ReadableStream {
  readonly isRaw: boolean
  setRawMode: (on: boolean) => unknown
  unref: () => unknown
}

/** The part of `process.stdout` that the chat uses. */
interface TerminalOutput extends NodeJS.WritableStream {
  readonly columns: number
  readonly rows: number
}

export interface ChatOutcome {
  /** The conversation that was open at the end, if it has any questions. */
  readonly conversation: string | undefined
}

/** Number of earlier turns to show of a continued conversation. */
const SHOWN_TURNS = 5

/** Resolves when the user quits; throws other errors after restoring the terminal. */
export async function openChat(options: ChatOptions): Promise<ChatOutcome> {
  const { client, stdin, stdout } = options
  const [history, holdings, earlier] = await Promise.all([
    openPromptHistory(options.dataDir),
    options.listCollections(),
    options.conversation === undefined ? NOTHING : earlierTurns(client, options.conversation),
  ])
  checkCollections(options.collections ?? [], holdings)
  const welcome: ScreenEntry = { type: 'welcome', version: options.version, holdings }
  const quit = Promise.withResolvers<void>()
  const session = createSession({
    client,
    engine: options.engine,
    holdings,
    initial: {
      entries: [welcome, ...earlier.entries],
      inputs: history.inputs,
      conversation: earlier.conversation,
      answered: earlier.answered,
      collections: options.collections,
    },
    listCollections: options.listCollections,
    rememberInput: history.add,
    viewport: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    now: () => performance.now(),
    quit: (error?: ChatbotError) => (error === undefined ? quit.resolve() : quit.reject(error)),
  })
  const ink = render(<Chat session={session} theme={themeFor(options.env)} now={() => performance.now()} />, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    maxFps: MAX_FPS,
    incrementalRendering: true,
    // If CI is set, Ink would take the terminal for a log file.
    interactive: true,
    kittyKeyboard: { mode: 'auto' },
  })
  const restore = () => restoreTerminal(stdin, stdout)
  process.once('exit', restore)
  options.signal?.addEventListener('abort', session.leave, { once: true })
  if (options.signal?.aborted) session.leave()
  try {
    // Ink exits by itself if a component throws or a signal arrives.
    await Promise.race([quit.promise.then(() => ink.waitUntilRenderFlush()), ink.waitUntilExit()])
  } finally {
    ink.unmount()
    process.off('exit', restore)
    restore()
    await Promise.all([session.dispose(), written(stdout)])
  }
  return { conversation: session.state().conversation }
}

/** Ink does this when it unmounts; an error before that must not leave an unusable terminal. */
function restoreTerminal(stdin: TerminalInput, stdout: TerminalOutput): void {
  if (stdin.isRaw) stdin.setRawMode(false)
  stdin.unref()
  // Bracketed paste off, cursor on.
  if (stdout.writable) stdout.write('\u001b[?2004l\u001b[?25h')
}

/** Resolves when everything written before has reached the terminal. */
const written = (stdout: TerminalOutput): Promise<void> =>
  new Promise((resolve) => {
    stdout.write('', () => resolve())
  })

function checkCollections(names: readonly string[], holdings: readonly Holding[]): void {
  const unknown = names.find((name) => !holdings.some((each) => each.name === name))
  if (unknown === undefined) return
  throw new ChatbotError(
    'unknown_collection',
    `There is no collection ${unknown}. To see the existing ones: chatbot collections list`,
  )
}

interface Earlier {
  readonly conversation: string | undefined
  readonly entries: readonly ScreenEntry[]
  /** Of the last turn. */
  readonly answered: Answered | undefined
}

const NOTHING: Earlier = { conversation: undefined, entries: [], answered: undefined }

async function earlierTurns(client: ChatClient, id: string): Promise<Earlier> {
  const { conversation, turns } = await client.history(id, SHOWN_TURNS)
  const last = turns.at(-1)
  const before = conversation.turns - turns.length
  const more = before > 0 ? ` ${before} earlier turns are not shown.` : ''
  const title: ScreenEntry = {
    type: 'notice',
    tone: 'info',
    text: `Continuing “${conversation.title}”.${more}`,
  }
  return {
    conversation: conversation.id,
    entries: [title, ...turns.flatMap(turnEntries)],
    answered: last && answeredOf(last),
  }
}

function turnEntries({ question, text, state, citations }: Turn): readonly ScreenEntry[] {
  const entries: ScreenEntry[] = [{ type: 'question', text: question }, ...wholeText(text)]
  if (citations.length > 0) entries.push({ type: 'cited', citations })
  if (state !== 'complete') {
    entries.push({ type: 'notice', tone: 'warning', text: `This answer is ${state}.` })
  }
  return entries
}
