/** Asks the daemon one question of a set and records the outcome. */
import type { ApiClient } from '../client/api.ts'
import type { AskRequest, ChatClient } from '../client/client.ts'
import { pause } from '../client/pause.ts'
import type { Answer, Citation, Passage, QuotedSpan } from '../domain/answer.ts'
import { backoffMs } from '../domain/backoff.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { RetrievalOptions } from '../protocol/retrieval.ts'
import { standaloneQuestion, withSearched } from '../talk/standalone.ts'
import { splitSentences } from '../text/sentences.ts'
import { ranksOf } from './gold.ts'
import { isRight, keyedOutcome } from './keyed.ts'
import { containsAnswer, normalised, tokenF1, withoutMarks } from './metrics.ts'
import type { AnswerOutcome, CacheOutcome, QuestionOutcome } from './outcome.ts'
import type { EvalQuestion } from './questions.ts'

export interface SearchTarget {
  readonly chat: ChatClient
  readonly api: ApiClient
  /** Default: all that the asker can read. */
  readonly collections?: readonly string[] | undefined
  readonly engine?: string | undefined
  readonly retrieval?: RetrievalOptions | undefined
  /** Whether questions are asked, not only searched. */
  readonly answers: boolean
}

/** Passages of a search: enough for ten documents even if each has several. */
const SEARCH_LIMIT = 50
/** Attempts with an overloaded daemon or engine, and the default pause. */
const MAX_ATTEMPTS = 5
const PAUSES = { firstMs: 500, longestMs: 5000 }

/** Throws the daemon's error, and `cancelled` when the signal is aborted. */
export async function measure(
  target: SearchTarget,
  question: EvalQuestion,
  signal: AbortSignal,
): Promise<QuestionOutcome> {
  const { collections, retrieval } = target
  // Asked before searching: the search would leave the embedding in the daemon's cache and make the answer look faster.
  const reply = target.answers ? await ask(target, question, question.question, false, signal) : undefined
  const answer = reply?.answer
  const found = await patiently(signal, () =>
    target.chat.search({
      query: answer === undefined ? standalone(question) : (answer.searched ?? question.question),
      limit: SEARCH_LIMIT,
      signal,
      collections,
      retrieval,
      filter: question.filter,
    }),
  )
  const ranks = ranksOf(question, found.passages)
  const outcome = {
    id: question.id,
    set: question.set,
    question: question.question,
    answerable: question.answerable,
    searchMs: found.ms,
    ranks: ranks && [...ranks],
  }
  if (reply === undefined) return outcome
  return {
    ...outcome,
    answer: await judge(target.api, question, reply),
    cache:
      question.paraphrases.length + question.opposites.length === 0
        ? undefined
        : await tryCache(target, question, signal),
  }
}

/** Standalone form by the daemon's rules without a language model. */
const standalone = ({ question, history }: EvalQuestion) =>
  standaloneQuestion(
    question,
    withSearched(history.map((turn) => ({ question: turn.question, text: turn.answer }))),
  )

async function judge(
  api: ApiClient,
  question: EvalQuestion,
  { answer, passages }: Reply,
): Promise<AnswerOutcome> {
  const { certainty, text, citations, timings } = answer
  const isAnswered = certainty === 'answered'
  const wrong = await Promise.all(citations.map((citation) => isMisquoted(api, citation)))
  const { answers, documents, must } = question
  const [first] = citations
  return {
    certainty,
    citations: citations.length,
    wrongCitations: wrong.filter(Boolean).length,
    characters: text.length,
    timings,
    ...(answers.length === 0
      ? {}
      : {
          contained: isAnswered && containsAnswer(text, answers),
          f1: isAnswered ? tokenF1(text, answers) : 0,
        }),
    sentences: isAnswered ? splitSentences(withoutMarks(text)).length : undefined,
    goldCited:
      isAnswered && documents.length > 0 ? citations.some((cited) => isRight(question, cited)) : undefined,
    goldFirst: documents.length === 0 ? undefined : first !== undefined && isRight(question, first),
    keyed: must.length === 0 ? undefined : keyedOutcome(question, answer, passages),
  }
}

async function isMisquoted(api: ApiClient, { document, spans, ...main }: Citation): Promise<boolean> {
  const wrong = await Promise.all([main, ...(spans ?? [])].map((span) => isMissing(api, document, span)))
  return wrong.includes(true)
}

async function isMissing(
  api: ApiClient,
  document: string,
  { start, end, text }: QuotedSpan,
): Promise<boolean> {
  try {
    const stored = await api.call('getDocumentText', {
      params: { reference: document },
      query: { start, end },
    })
    return stored.text !== text
  } catch (error) {
    if (ChatbotError.wrap(error).code === 'unknown_document') return true
    throw error
  }
}

/** Asks the question, its paraphrases and its opposites with the cache, one after the other. */
async function tryCache(
  target: SearchTarget,
  question: EvalQuestion,
  signal: AbortSignal,
): Promise<CacheOutcome> {
  const own = new Set([question.question, ...question.paraphrases].map(normalised))
  const counts = { paraphrases: question.paraphrases.length, hits: 0, asked: 0, falseHits: 0 }
  for (const text of [question.question, ...question.paraphrases, ...question.opposites]) {
    const { cached } = (await ask(target, question, text, true, signal)).answer
    counts.asked += 1
    // Another asker's earlier question is not visible here, so it cannot be judged.
    if (cached === false || cached.question === undefined) continue
    if (normalised(cached.question) === normalised(text)) continue
    if (own.has(normalised(text)) && own.has(normalised(cached.question))) counts.hits += 1
    else counts.falseHits += 1
  }
  return counts
}

/** An answer, and the passages in its context. */
interface Reply {
  readonly answer: Answer
  readonly passages: readonly Passage[]
}

function ask(
  target: SearchTarget,
  question: EvalQuestion,
  text: string,
  cache: boolean,
  signal: AbortSignal,
): Promise<Reply> {
  const { chat, api, collections, engine, retrieval } = target
  return patiently(signal, async () => {
    let conversation: string | undefined
    let passages: readonly Passage[] = []
    const request: AskRequest = {
      question: text,
      cache,
      signal,
      history: question.history.length === 0 ? undefined : question.history,
      engine,
      collections,
      retrieval,
      filter: question.filter,
    }
    try {
      for await (const event of chat.ask(request)) {
        if (event.type === 'accepted') conversation = event.conversation
        if (event.type === 'context') passages = event.passages
        if (event.type === 'done') return { answer: event.answer, passages }
        if (event.type === 'error') throw event.error
      }
      throw new Error('the stream of an answer ended without `done` or `error`')
    } finally {
      // Keep the user's list of conversations clean.
      if (conversation !== undefined) await api.call('removeConversation', { params: { id: conversation } })
    }
  })
}

async function patiently<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (thrown) {
      const error = ChatbotError.wrap(thrown)
      const passing = error.code === 'overloaded' || error.code === 'engine_rate_limited'
      if (!passing || attempt === MAX_ATTEMPTS || signal.aborted) throw error
      await pause(error.retryAfterMs ?? backoffMs(attempt, PAUSES), signal)
    }
  }
}
