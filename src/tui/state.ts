/** All state of the chat, and the only function that changes it. */
import { type Answered, answeredOf } from '../client/more.ts'
import type { Answer, Passage, StageName } from '../domain/answer.ts'
import type { ChatbotError } from '../domain/errors.ts'
import { atLeast } from '../text/amounts.ts'
import { type Edit, type Editor, EMPTY, edit, editorOf } from './editor.ts'
import type { Printed, ScreenEntry } from './entries.ts'
import {
  append,
  finish,
  type Running,
  restart,
  type Step,
  stageFinished,
  stageStarted,
  startRunning,
  unfinished,
  type Viewport,
} from './running.ts'

export type Link =
  | { readonly state: 'connected' }
  | {
      readonly state: 'reconnecting'
      readonly attempt: number
      readonly inMs: number
      readonly reason: string
    }
  | { readonly state: 'closed'; readonly reason: string }

/** Earlier inputs, oldest first, and which of them is shown; `draft` is the input before recalling. */
interface Recall {
  readonly inputs: readonly string[]
  readonly index: number
  readonly draft: string
}

export interface State {
  readonly scrollback: readonly Printed[]
  readonly running: Running | undefined
  readonly editor: Editor
  readonly recall: Recall
  /** Candidates of the last Tab. */
  readonly candidates: readonly string[]
  /** Set if the next Ctrl-C (or Escape after a cancelled answer) quits. */
  readonly quitArmed: 'asked' | 'cancelled' | undefined
  /** The chat is ending: only the scrollback stays on the screen. */
  readonly leaving: boolean
  readonly link: Link
  readonly conversation: string | undefined
  /** Names to search in; undefined: all. */
  readonly collections: readonly string[] | undefined
  /** The last answer, if there was one. */
  readonly answered: Answered | undefined
}

export type Action =
  | { readonly type: 'print'; readonly entries: readonly ScreenEntry[] }
  | { readonly type: 'edit'; readonly edit: Edit }
  | { readonly type: 'input'; readonly editor: Editor }
  | { readonly type: 'candidates'; readonly candidates: readonly string[] }
  | { readonly type: 'recall'; readonly by: -1 | 1 }
  | { readonly type: 'remember'; readonly input: string }
  | { readonly type: 'disarm' }
  | { readonly type: 'arm-quit' }
  | { readonly type: 'leave' }
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'asked'; readonly question: string; readonly at: number }
  | { readonly type: 'accepted'; readonly conversation: string }
  | { readonly type: 'stage-started'; readonly stage: StageName; readonly at: number }
  | { readonly type: 'stage-finished'; readonly stage: StageName; readonly ms: number | undefined }
  | { readonly type: 'context'; readonly passages: readonly Passage[] }
  | { readonly type: 'text'; readonly text: string; readonly viewport: Viewport }
  | { readonly type: 'restart'; readonly keep: number }
  | { readonly type: 'cancelling' }
  | { readonly type: 'answered'; readonly answer: Answer }
  | { readonly type: 'failed'; readonly error: ChatbotError }
  | { readonly type: 'new-conversation' }
  | { readonly type: 'collections'; readonly collections: readonly string[] | undefined }

/** Maximum inputs that Up can recall. */
export const MAX_RECALL = 1000

export interface InitialState {
  readonly entries: readonly ScreenEntry[]
  readonly inputs: readonly string[]
  readonly conversation: string | undefined
  readonly collections: readonly string[] | undefined
  readonly answered: Answered | undefined
}

export function initialState({ entries, inputs, ...initial }: InitialState): State {
  const recalled = inputs.slice(-MAX_RECALL)
  return {
    scrollback: printed([], entries),
    running: undefined,
    editor: EMPTY,
    recall: { inputs: recalled, index: recalled.length, draft: '' },
    candidates: [],
    quitArmed: undefined,
    leaving: false,
    link: { state: 'connected' },
    ...initial,
  }
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'print':
      return print(state, action.entries)
    case 'edit':
      return { ...state, editor: edit(state.editor, action.edit), candidates: [] }
    case 'input':
      return { ...state, editor: action.editor, candidates: [] }
    case 'candidates':
      return { ...state, candidates: action.candidates }
    case 'recall':
      return recall(state, action.by)
    case 'remember':
      return remember(state, action.input)
    case 'disarm':
      return state.quitArmed === undefined ? state : { ...state, quitArmed: undefined }
    case 'arm-quit':
      return { ...state, quitArmed: 'asked' }
    case 'leave':
      return leave(state)
    case 'link':
      return linked(state, action.link)
    case 'new-conversation':
      return { ...state, conversation: undefined, answered: undefined }
    case 'collections':
      return { ...state, collections: action.collections }
    case 'asked':
      return print({ ...state, running: startRunning(action.question, action.at) }, [
        { type: 'question', text: action.question },
      ])
    case 'accepted':
      return { ...state, conversation: action.conversation }
    default:
      return state.running === undefined ? state : progress(state, state.running, action)
  }
}

type Progress = Extract<
  Action,
  {
    type:
      | 'stage-started'
      | 'stage-finished'
      | 'context'
      | 'text'
      | 'restart'
      | 'cancelling'
      | 'answered'
      | 'failed'
  }
>

function progress(state: State, running: Running, action: Progress): State {
  switch (action.type) {
    case 'stage-started':
      return { ...state, running: stageStarted(running, action.stage, action.at) }
    case 'stage-finished':
      return { ...state, running: stageFinished(running, action.stage, action.ms) }
    case 'context':
      return { ...state, running: { ...running, context: action.passages } }
    case 'text':
      return step(state, append(running, action.text, action.viewport))
    case 'restart':
      return step(state, restart(running, action.keep))
    case 'cancelling':
      return { ...state, running: { ...running, cancelling: true }, quitArmed: 'cancelled' }
    case 'answered':
      return print(
        { ...state, running: undefined, answered: answeredOf(action.answer, running.context) },
        finish(running, action.answer),
      )
    case 'failed':
      return print({ ...state, running: undefined }, [...unfinished(running), failure(action.error)])
  }
}

/** What there is of a running answer stays readable. */
function leave(state: State): State {
  const left = { ...state, running: undefined, leaving: true }
  return state.running === undefined ? left : print(left, unfinished(state.running))
}

const step = (state: State, { running, printed: entries }: Step): State =>
  print({ ...state, running }, entries)

function failure(error: ChatbotError): ScreenEntry {
  if (error.code === 'cancelled') return { type: 'notice', tone: 'warning', text: 'Cancelled.' }
  const retry = error.retryAfterMs === undefined ? '' : ` Try again in ${atLeast(error.retryAfterMs)}.`
  return { type: 'notice', tone: 'error', text: `${error.fullMessage}${retry} (${error.code})` }
}

function linked(state: State, link: Link): State {
  const back = state.link.state === 'reconnecting' && link.state === 'connected'
  const next = { ...state, link }
  return back ? print(next, [{ type: 'notice', tone: 'info', text: 'Connected again.' }]) : next
}

const print = (state: State, entries: readonly ScreenEntry[]): State =>
  entries.length === 0 ? state : { ...state, scrollback: printed(state.scrollback, entries) }

const printed = (before: readonly Printed[], entries: readonly ScreenEntry[]): readonly Printed[] => [
  ...before,
  ...entries.map((entry, index) => ({ ...entry, key: before.length + index })),
]

function recall(state: State, by: -1 | 1): State {
  const { inputs, index, draft } = state.recall
  const next = index + by
  if (next < 0 || next > inputs.length) return state
  const kept = index === inputs.length ? state.editor.text : draft
  return {
    ...state,
    editor: editorOf(inputs[next] ?? kept),
    recall: { inputs, index: next, draft: kept },
    candidates: [],
  }
}

function remember(state: State, input: string): State {
  const before = state.recall.inputs
  const inputs = before.at(-1) === input ? before : [...before, input].slice(-MAX_RECALL)
  return { ...state, editor: EMPTY, recall: { inputs, index: inputs.length, draft: '' }, candidates: [] }
}
