/** The slash commands in one table. To add one, add an entry. */
import type { ChatClient } from '../client/client.ts'
import { morePassages } from '../client/more.ts'
import { ChatbotError } from '../domain/errors.ts'
import { clip, printableLine } from '../domain/printable.ts'
import { count } from '../text/amounts.ts'
import type { Holding, ScreenEntry, Tone } from './entries.ts'
import { BINDINGS } from './keys.ts'
import type { Action, State } from './state.ts'

export interface SlashContext {
  readonly state: State
  readonly client: ChatClient
  listCollections: () => Promise<readonly Holding[]>
  quit: () => void
}

export interface SlashCommand {
  readonly name: string
  readonly usage: string
  readonly summary: string
  /** Possible arguments, given the names of the collections. */
  readonly completions?: (collections: readonly string[]) => readonly string[]
  /** Returns the changes; an error is shown. */
  run: (args: readonly string[], context: SlashContext) => Actions | Promise<Actions>
}

type Actions = readonly Action[]

export const COMMANDS: readonly SlashCommand[] = [
  {
    name: 'help',
    usage: '/help',
    summary: 'commands and keys',
    run: () => [{ type: 'print', entries: help() }],
  },
  {
    name: 'new',
    usage: '/new',
    summary: 'start a new conversation',
    run: () => [{ type: 'new-conversation' }, ...notice('info', 'New conversation.')],
  },
  {
    name: 'sources',
    usage: '/sources [N]',
    summary: 'the quotations of the last answer, or quotation N',
    run: showSources,
  },
  {
    name: 'more',
    usage: '/more',
    summary: 'what else the documents say: passages that the last answer does not quote',
    run: showMore,
  },
  {
    name: 'collection',
    usage: '/collection [NAME…|all]',
    summary: 'choose the collections to search; without a name: list them',
    completions: (collections) => ['all', ...collections],
    run: chooseCollections,
  },
  {
    name: 'history',
    usage: '/history',
    summary: 'the questions of this conversation',
    run: showHistory,
  },
  {
    name: 'quit',
    usage: '/quit',
    summary: 'leave the chat',
    run: (_args, { quit }) => {
      quit()
      return []
    },
  },
]

export type Parsed =
  | { readonly type: 'question' }
  | { readonly type: 'command'; readonly command: SlashCommand; readonly args: readonly string[] }
  | { readonly type: 'unknown'; readonly message: string }

/** A slash and a word is a command; a path such as `/etc/hosts` is not. A leading space makes it a question. */
export function parseSlash(input: string): Parsed {
  const match = /^\/([a-z]*)(?:\s+([\s\S]*))?$/i.exec(input)
  if (match === null) return { type: 'question' }
  const name = (match[1] ?? '').toLowerCase()
  const command = COMMANDS.find((each) => each.name === name)
  if (command === undefined) return { type: 'unknown', message: unknownCommand(name) }
  return { type: 'command', command, args: match[2]?.split(/\s+/).filter((arg) => arg !== '') ?? [] }
}

export interface SlashCompletion {
  /** The completed input. */
  readonly text: string
  /** More than one if the completion is ambiguous. */
  readonly candidates: readonly string[]
}

/** Completes the last word of a slash command as far as it is unambiguous. */
export function completeSlash(input: string, collections: readonly string[]): SlashCompletion | undefined {
  const match = /^(\/[a-z]*|\/([a-z]+) (?:.* )?([^ \n]*))$/i.exec(input)
  if (match === null) return undefined
  const [, whole = '', name, argument] = match
  if (name === undefined)
    return completed(
      '',
      whole,
      COMMANDS.map((each) => `/${each.name}`),
    )
  const words = COMMANDS.find((each) => each.name === name)?.completions?.(collections)
  const typed = argument ?? ''
  return words === undefined
    ? undefined
    : completed(whole.slice(0, whole.length - typed.length), typed, words)
}

function completed(before: string, typed: string, words: readonly string[]): SlashCompletion | undefined {
  const candidates = words.filter((word) => word.startsWith(typed))
  const [first] = candidates
  if (first === undefined) return undefined
  if (candidates.length === 1) return { text: `${before}${first} `, candidates: [] }
  let common = first
  for (const word of candidates) while (!word.startsWith(common)) common = common.slice(0, -1)
  return { text: before + common, candidates }
}

const notice = (tone: Tone, text: string): Actions => print({ type: 'notice', tone, text })

const print = (...entries: readonly ScreenEntry[]): Actions => [{ type: 'print', entries }]

function unknownCommand(name: string): string {
  const near = name === '' ? undefined : COMMANDS.find((each) => each.name.startsWith(name.slice(0, 2)))
  const hint = near === undefined ? '' : ` Did you mean /${near.name}?`
  return `There is no command /${name}.${hint} /help lists the commands. To send it as a question, put a space in front.`
}

function help(): readonly ScreenEntry[] {
  return [
    {
      type: 'list',
      title: 'Commands',
      rows: COMMANDS.map(({ usage, summary }) => [usage, summary] as const),
    },
    {
      type: 'list',
      title: 'Keys',
      rows: BINDINGS.flatMap(({ help: row }) => (row === undefined ? [] : [row])),
    },
  ]
}

function showSources([wanted]: readonly string[], { state }: SlashContext): Actions {
  if (state.answered === undefined) return notice('error', NO_ANSWER)
  const { citations } = state.answered
  if (citations.length === 0) return notice('info', 'The last answer quotes nothing.')
  const chosen = wanted === undefined ? citations : citations.filter((each) => each.number === Number(wanted))
  if (chosen.length > 0) return print({ type: 'quoted', citations: chosen })
  const numbers = [...new Set(citations.map((each) => each.number))].join(', ')
  return notice('error', `The last answer has no source ${wanted}; it has ${numbers}.`)
}

const NO_ANSWER = 'No answer yet: ask something first.'

async function showMore(_args: readonly string[], { state, client }: SlashContext): Promise<Actions> {
  const { answered, collections } = state
  if (answered === undefined) return notice('error', NO_ANSWER)
  const passages = await morePassages(client, answered, { collections })
  if (passages.length === 0) return notice('info', 'The documents have no more on this.')
  return print({ type: 'quoted', citations: passages })
}

async function chooseCollections(args: readonly string[], context: SlashContext): Promise<Actions> {
  const holdings = await context.listCollections()
  if (args.length === 0) return print(collectionList(holdings, context.state.collections))
  if (args.length === 1 && args[0] === 'all') {
    return [
      { type: 'collections', collections: undefined },
      ...notice('info', 'Searching in all collections.'),
    ]
  }
  const unknown = args.find((name) => !holdings.some((each) => each.name === name))
  if (unknown !== undefined) {
    const names = holdings.map(({ name }) => name).join(', ')
    const hint = names === '' ? NO_COLLECTION : `Existing ones: ${names}.`
    return notice('error', `There is no collection ${unknown}. ${hint}`)
  }
  const collections = [...new Set(args)]
  return [{ type: 'collections', collections }, ...notice('info', `Searching in ${collections.join(', ')}.`)]
}

const NO_COLLECTION = 'There are no collections yet: chatbot ingest PATH creates one.'

function collectionList(holdings: readonly Holding[], chosen: readonly string[] | undefined): ScreenEntry {
  if (holdings.length === 0) return { type: 'notice', tone: 'info', text: NO_COLLECTION }
  const rows = holdings.map(({ name, documents }): [string, string] => [
    `${chosen === undefined || chosen.includes(name) ? '*' : ' '} ${name}`,
    count(documents, 'document'),
  ])
  return { type: 'list', title: 'Collections (* is searched)', rows }
}

async function showHistory(_args: readonly string[], { state, client }: SlashContext): Promise<Actions> {
  if (state.conversation === undefined) return notice('info', 'Nothing has been asked in this conversation.')
  const { conversation, turns } = await client.history(state.conversation, 50)
  const rows = turns.map(({ question, state: outcome, askedAt }): [string, string] => [
    askedAt.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' }),
    `${clip(printableLine(question), 200)}${outcome === 'complete' ? '' : ` (${outcome})`}`,
  ])
  return print({ type: 'list', title: `Conversation ${conversation.id}`, rows })
}

/** Runs a command; errors become notices. */
export async function runSlash(
  command: SlashCommand,
  args: readonly string[],
  context: SlashContext,
): Promise<Actions> {
  try {
    return await command.run(args, context)
  } catch (thrown) {
    const { fullMessage, code } = ChatbotError.wrap(thrown)
    return notice('error', `${fullMessage} (${code})`)
  }
}
