import type { Citation, Passage, Usage } from '../../domain/answer.ts'
import { ChatbotError } from '../../domain/errors.ts'
import type { ChatMessage } from '../../ports/chat-model.ts'
import type { GenerateInput, Generator, GeneratorEvent } from '../../ports/generator.ts'
import { count } from '../../text/amounts.ts'
import { contentWords, roots } from '../../text/content-words.ts'
import { KNOWLEDGE } from '../../text/language.ts'
import type { Completion, CompletionPart } from '../engines/completion.ts'
import { metered } from '../engines/metered.ts'
import { withoutThinking } from '../engines/thinking.ts'
import { wholeCharacters } from '../engines/whole-characters.ts'
import { checkCitations } from './citations.ts'
import { filterLinks } from './links.ts'
import { fitting, groundedPrompt, NO_ANSWER, PROMPT_VERSION, shownText } from './prompt.ts'
import { rewriteByEngine } from './rewriter.ts'
import { createSummaries } from './summary.ts'

export interface GroundedOptions {
  /** As the configuration calls the engine. */
  readonly name: string
  readonly model: string
  readonly contextTokens: number
  readonly maxTokens: number
  /** Of the settings that decide an answer beside the model. */
  readonly settingsKey: string
  /** Whether the completion goes on after a last message of the assistant. */
  readonly continues: boolean
  /** Tokens of the engine's prompt, at least by a cautious estimate. */
  count: (messages: readonly ChatMessage[], signal: AbortSignal) => Promise<number>
  readonly completion: Completion
  /** For the small tasks of a conversation. */
  readonly short: Completion
  /** What a completion threw, as an error that says what to do. */
  toError: (thrown: unknown) => ChatbotError
}

/** Answers by a language model, wherever it runs, from the passages alone and with checked citations. */
export function groundedGenerator(options: GroundedOptions): Generator {
  const { name, model, contextTokens, maxTokens, completion, short } = options
  const summaries = createSummaries()
  return {
    id: `${name}:${model}`,
    promptVersion: `${PROMPT_VERSION}:${options.settingsKey}`,
    continues: options.continues,
    rewrite: (question, history, { spend, signal }) =>
      rewriteByEngine(metered(short, spend), question, history, signal),
    async *generate(input) {
      if (input.passages.length === 0) {
        yield { type: 'delta', text: KNOWLEDGE[input.language].replies.refusal }
        yield { type: 'end', certainty: 'not_found', complete: true }
        return
      }
      try {
        const { asker, spend, signal } = input
        const fits = async (messages: readonly ChatMessage[]) =>
          (await options.count(messages, signal)) <= contextTokens - maxTokens
        const found = await fitting(input, fits)
        if (found === undefined) {
          throw new ChatbotError(
            'engine_failed',
            `The question and one passage do not fit into what engines.${name}.contextTokens (${contextTokens}) leaves beside engines.${name}.maxTokens (${maxTokens}). Ask a shorter question, or set the engine's real context window.`,
          )
        }
        const { passages, older } = found
        const summary =
          older.length === 0 ? '' : await summaries.of(asker, older, metered(short, spend), signal)
        const summarised = groundedPrompt(input, found, summary)
        // How many tokens a summary has is known only now.
        const messages =
          summary === '' || (await fits(summarised)) ? summarised : groundedPrompt(input, found)
        const write = metered(completion, spend)
        yield* grounded(options, input, passages, continued(write, messages, input, options))
      } catch (error) {
        if (input.signal.aborted) throw error
        throw options.toError(error)
      }
    },
  }
}

/** The engine's text, after what it wrote before its daemon was lost. */
async function* continued(
  completion: Completion,
  messages: readonly ChatMessage[],
  { begun = '', signal }: GenerateInput,
  { continues }: GroundedOptions,
): AsyncGenerator<CompletionPart> {
  // White space at its end would be doubled: a model writes it before the next word.
  const text = continues ? begun.trimEnd() : ''
  if (text === '') yield* completion.stream(messages, signal)
  else {
    yield { text }
    yield* completion.stream([...messages, { role: 'assistant', content: text }], signal)
  }
}

/** Turns the engine's text into checked text, citations and, for NO_ANSWER, a refusal. */
async function* grounded(
  { name, contextTokens }: GroundedOptions,
  input: GenerateInput,
  passages: readonly Passage[],
  pieces: AsyncIterable<CompletionPart>,
): AsyncGenerator<GeneratorEvent> {
  const check = checkCitations(passages)
  const links = filterLinks([
    input.question,
    ...passages.map((passage) => shownText(passage, input.excerpts)),
  ])
  const citations: Citation[] = []
  let usage: Usage | undefined
  let finish = ''
  // What may still turn out to be NO_ANSWER, without the white space before it; undefined once it is known not to be.
  let opening: string | undefined = ''
  let written = ''

  function* checked({ text, citations: found }: ReturnType<typeof check.push>): Iterable<GeneratorEvent> {
    if (text !== '') {
      written += text
      yield { type: 'delta', text }
    }
    for (const citation of found) {
      citations.push(citation)
      yield { type: 'citation', citation }
    }
  }

  for await (const piece of withoutThinking(wholeCharacters(pieces))) {
    if ('usage' in piece) {
      usage = piece.usage
      continue
    }
    if ('finish' in piece) {
      finish = piece.finish
      continue
    }
    if ('thought' in piece) continue
    if (opening === undefined) {
      yield* checked(check.push(links.push(piece.text)))
      continue
    }
    if (opening.length >= NO_ANSWER.length) continue
    opening += opening === '' ? piece.text.trimStart() : piece.text
    if (opening.startsWith(NO_ANSWER) || NO_ANSWER.startsWith(opening)) continue
    const text: string = opening
    opening = undefined
    yield* checked(check.push(links.push(text)))
  }

  const cut = cutOff(name, finish)
  const leftOut = input.passages.length - passages.length
  const ending = {
    type: 'end' as const,
    complete: cut === undefined,
    usage,
  }
  const warnings = cut === undefined ? [] : [cut]
  if (leftOut > 0) {
    warnings.push(
      `${leftOut} of ${count(input.passages.length, 'passage')} did not fit into the engine's context (${count(contextTokens, 'token')}).`,
    )
  }
  if (opening?.startsWith(NO_ANSWER)) {
    yield { type: 'delta', text: KNOWLEDGE[input.language].replies.refusal }
    yield { ...ending, certainty: 'not_found', warnings }
    return
  }
  if (opening !== undefined) yield* checked(check.push(links.push(opening)))
  yield* checked(check.push(links.flush()))
  yield* checked(check.flush())
  if (written.trim() === '')
    throw new ChatbotError(
      'engine_failed',
      `The engine ${name} returned an empty answer. ${cut ?? 'Ask again, or choose another model.'}`,
    )
  if (links.leftOut() > 0)
    warnings.push('The engine wrote a link that stands in no passage: it was left out.')
  if (citations.length === 0) {
    const nearest = nearestPassage(written, passages)
    warnings.push(
      nearest === undefined
        ? 'The engine cited no passage: check this answer against the documents.'
        : 'The engine cited no passage. The one that holds its words is cited: check the answer against it.',
    )
    if (nearest !== undefined) {
      const mark = checkCitations(passages)
      yield* checked(mark.push(` [${nearest.number}]`))
      yield* checked(mark.flush())
    }
  }
  yield { ...ending, certainty: 'answered', warnings }
}

/** Share of an answer's content words that a passage must hold to be cited for it. */
const MIN_SUPPORT = 0.7

/** The passage that holds most of the answer's words, and all its numbers; small models often name none. */
function nearestPassage(answer: string, passages: readonly Passage[]): Passage | undefined {
  const said = contentWords(answer)
  let best: { passage: Passage; share: number } | undefined
  for (const passage of passages) {
    const held = roots(passage.text)
    if (said.some(({ root, kind }) => kind === 'number' && !held.has(root))) continue
    const share = said.filter(({ root }) => held.has(root)).length / Math.max(1, said.length)
    if (share >= MIN_SUPPORT && share > (best?.share ?? 0)) best = { passage, share }
  }
  return best?.passage
}

/** Why the answer is not whole; undefined when it is. */
function cutOff(name: string, finish: string): string | undefined {
  switch (finish) {
    case 'stop':
      return undefined
    case 'length':
      return `The answer was cut off at engines.${name}.maxTokens, or at the end of the engine's context window.`
    case 'content_filter':
      return "The engine's content filter cut the answer off."
    default:
      return `The engine ended the answer for another reason (${finish.slice(0, 40)}): it may be incomplete.`
  }
}
