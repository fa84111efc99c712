/** The chat's logic: keys in, actions and requests out. Independent of components and drawing. */
import type { AskEvent, ChatClient, ConnectionState } from '../client/client.ts'
import { ChatbotError } from '../domain/errors.ts'
import { printable } from '../domain/printable.ts'
import { MAX_QUESTION_CHARACTERS } from '../domain/question.ts'
import { continuesLine, EMPTY, edit, editorOf } from './editor.ts'
import type { Holding } from './entries.ts'
import { moveRow } from './input-rows.ts'
import { actionOf, type KeyAction, type Stroke } from './keys.ts'
import type { Viewport } from './running.ts'
import { completeSlash, type Parsed, parseSlash, runSlash } from './slash.ts'
import { type Action, type InitialState, initialState, type Link, reduce, type State } from './state.ts'
import { batchText } from './text-batch.ts'

export interface ChatSessionOptions {
  readonly client: ChatClient
  readonly initial: InitialState
  readonly engine: string | undefined
  /** As of the start; read again where it matters. */
  readonly holdings: readonly Holding[]
  listCollections: () => Promise<readonly Holding[]>
  /** Saves an input for the next chat; a failure is reported once. */
  rememberInput: (input: string) => Promise<void>
  viewport: () => Viewport
  /** Milliseconds; only differences matter. */
  now: () => number
  /** Ends the chat, with an error if it cannot continue. */
  quit: (error?: ChatbotError) => void
}

export interface ChatSession {
  state: () => State
  subscribe: (listener: () => void) => () => void
  press: (stroke: Stroke) => void
  paste: (text: string) => void
  /** Ends the chat as if the user had quit. */
  leave: () => void
  /** Cancels what is running, stops listening, and resolves when all inputs are saved. */
  dispose: () => Promise<void>
}

/** Columns left of the input. */
export const PROMPT_WIDTH = 2

export function createSession(options: ChatSessionOptions): ChatSession {
  const { client, viewport, now } = options
  const listeners = new Set<() => void>()
  let state = initialState(options.initial)
  let holdings = options.holdings
  let asking: AbortController | undefined

  const dispatch = (action: Action) => {
    const next = reduce(state, action)
    if (next === state) return
    state = next
    for (const listener of listeners) listener()
  }

  const stopListening = client.onConnection((connection) => {
    dispatch({ type: 'link', link: linkOf(connection) })
    if (connection.state === 'closed') leave(connection.error)
  })

  function press(stroke: Stroke): void {
    const action: KeyAction | undefined = stroke.type === 'chord' ? actionOf(stroke.chord) : undefined
    if (action?.type !== 'interrupt' && action?.type !== 'escape') dispatch({ type: 'disarm' })
    if (stroke.type === 'text') insert(stroke.text)
    else if (action !== undefined) act(action)
  }

  function act(action: KeyAction): void {
    switch (action.type) {
      case 'edit':
        dispatch({ type: 'edit', edit: { do: action.name } })
        break
      case 'submit':
        submit()
        break
      case 'up':
        moveOrRecall(-1)
        break
      case 'down':
        moveOrRecall(1)
        break
      case 'complete':
        complete()
        break
      case 'interrupt':
        interrupt()
        break
      case 'escape':
        stopOrLeave()
        break
      case 'end':
        if (state.editor.text === '') leave()
        else dispatch({ type: 'edit', edit: { do: 'delete' } })
        break
    }
  }

  /** Replaces tabs by spaces, because a tab has no fixed width. */
  function insert(text: string): void {
    const added = printable(text).replace(/\t/g, '  ')
    if (state.editor.text.length + added.length > MAX_QUESTION_CHARACTERS) {
      tell('warning', `A question has at most ${MAX_QUESTION_CHARACTERS} characters: the rest was dropped.`)
    }
    dispatch({ type: 'edit', edit: { do: 'insert', text: added } })
  }

  function interrupt(): void {
    if (state.running !== undefined && !state.running.cancelling) cancel()
    else if (state.quitArmed !== undefined) leave()
    else if (state.editor.text !== '') dispatch({ type: 'input', editor: EMPTY })
    else dispatch({ type: 'arm-quit' })
  }

  function stopOrLeave(): void {
    if (state.running !== undefined && !state.running.cancelling) cancel()
    else if (state.quitArmed === 'cancelled') leave()
    else {
      dispatch({ type: 'disarm' })
      dispatch({ type: 'candidates', candidates: [] })
    }
  }

  function cancel(): void {
    dispatch({ type: 'cancelling' })
    asking?.abort()
  }

  function leave(error?: ChatbotError): void {
    asking?.abort()
    dispatch({ type: 'leave' })
    options.quit(error)
  }

  function moveOrRecall(by: -1 | 1): void {
    const moved = moveRow(state.editor, viewport().columns - PROMPT_WIDTH, by)
    if (moved === undefined) dispatch({ type: 'recall', by })
    else dispatch({ type: 'input', editor: moved })
  }

  function complete(): void {
    const { text, cursor } = state.editor
    if (cursor !== text.length) return
    const completion = completeSlash(
      text,
      holdings.map(({ name }) => name),
    )
    if (completion === undefined) return
    dispatch({ type: 'input', editor: editorOf(completion.text) })
    dispatch({ type: 'candidates', candidates: completion.candidates })
  }

  function submit(): void {
    const { editor } = state
    if (continuesLine(editor)) {
      const before = edit(editor, { do: 'backspace' })
      dispatch({ type: 'input', editor: edit(before, { do: 'newline' }) })
      return
    }
    const input = editor.text
    if (input.trim() === '') return
    const parsed = parseSlash(input.trimEnd())
    if (parsed.type === 'question' && state.running !== undefined) {
      tell('warning', 'One answer at a time: wait for it, or cancel it with Esc.')
      return
    }
    dispatch({ type: 'remember', input })
    kept = kept.then(() => keep(input))
    if (parsed.type === 'question') void ask(input.trim())
    else if (parsed.type === 'unknown') tell('error', parsed.message)
    else void command(parsed)
  }

  async function command({ command, args }: Extract<Parsed, { type: 'command' }>): Promise<void> {
    const actions = await runSlash(command, args, { state, client, listCollections, quit: () => leave() })
    for (const action of actions) dispatch(action)
  }

  const tell = (tone: 'warning' | 'error', text: string) =>
    dispatch({ type: 'print', entries: [{ type: 'notice', tone, text }] })

  let keeping = true
  let kept = Promise.resolve()
  async function keep(input: string): Promise<void> {
    if (!keeping) return
    try {
      await options.rememberInput(input)
    } catch (thrown) {
      keeping = false
      tell('warning', `Inputs are not saved for the next chat: ${ChatbotError.wrap(thrown).fullMessage}`)
    }
  }

  async function listCollections(): Promise<readonly Holding[]> {
    holdings = await options.listCollections()
    return holdings
  }

  async function ask(question: string): Promise<void> {
    const controller = new AbortController()
    asking = controller
    dispatch({ type: 'asked', question, at: now() })
    const text = batchText((piece) => dispatch({ type: 'text', text: piece, viewport: viewport() }))
    try {
      const events = client.ask({
        question,
        signal: controller.signal,
        conversation: state.conversation,
        collections: state.collections,
        engine: options.engine,
      })
      for await (const event of events) {
        if (event.type === 'delta') text.add(event.text)
        else {
          text.flush()
          for (const action of actionsOf(event, now())) dispatch(action)
          // The next question may be asked before the iteration ends.
          if (event.type === 'done' || event.type === 'error') return
        }
      }
      throw new ChatbotError('internal', 'The answer ended without a result. Ask again.')
    } catch (thrown) {
      text.flush()
      dispatch({ type: 'failed', error: ChatbotError.wrap(thrown) })
    } finally {
      if (asking === controller) asking = undefined
    }
  }

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    press,
    paste: (text) => {
      dispatch({ type: 'disarm' })
      insert(text.replace(/\r\n?/g, '\n'))
    },
    leave: () => leave(),
    dispose: () => {
      stopListening()
      asking?.abort()
      return kept
    },
  }
}

function actionsOf(event: Exclude<AskEvent, { type: 'delta' }>, at: number): readonly Action[] {
  switch (event.type) {
    case 'accepted':
      return [{ type: 'accepted', conversation: event.conversation }]
    case 'stage':
      return event.state === 'started'
        ? [{ type: 'stage-started', stage: event.stage, at }]
        : [{ type: 'stage-finished', stage: event.stage, ms: event.ms }]
    case 'context':
      return [{ type: 'context', passages: event.passages }]
    case 'restart':
      return [{ type: 'restart', keep: event.keep }]
    case 'done':
      return [{ type: 'answered', answer: event.answer }]
    case 'error':
      return [{ type: 'failed', error: event.error }]
  }
}

function linkOf(connection: ConnectionState): Link {
  switch (connection.state) {
    case 'connected':
      return { state: 'connected' }
    case 'reconnecting': {
      const { attempt, inMs, reason } = connection
      return { state: 'reconnecting', attempt, inMs, reason }
    }
    case 'closed':
      return { state: 'closed', reason: connection.error?.message ?? 'closed' }
  }
}
