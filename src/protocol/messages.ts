/** The messages of `chatbot.v1` in both directions: the single source for server, client and docs/PROTOCOL.md. */
import { z } from 'zod'
import { STAGES } from '../domain/answer.ts'
import { MAX_HISTORY_CHARACTERS, MAX_QUESTION_CHARACTERS } from '../domain/question.ts'
import { MAX_TRACEPARENT_CHARACTERS } from '../domain/traceparent.ts'
import { retrievalOptionsSchema } from './retrieval.ts'
import {
  answerSchema,
  collectionsSchema,
  conversationSchema,
  errorBodySchema,
  filterSchema,
  historySchema,
  passageSchema,
  searchedSchema,
  turnSchema,
} from './shapes.ts'

export const SUBPROTOCOL = 'chatbot.v1'
export const PROTOCOL_VERSION = 1
/** Path of the WebSocket, on TCP and on the local socket. */
export const SOCKET_PATH = '/ws'

/** Longest token, in characters. */
export const MAX_TOKEN_CHARACTERS = 8192

const expiresAt = z.iso
  .datetime()
  .optional()
  .describe('when the token, and with it the socket, expires unless an `auth` renews it')

const id = z.uuid().describe('the id that the client chose for this request')
const epoch = z.int().positive().describe('the attempt, from 1')
const seq = z.int().positive().describe('number of this event in its epoch, from 1 without gaps')
const position = { id, epoch, seq }

const question = z
  .string()
  .describe(`the question; must not be blank, at most ${MAX_QUESTION_CHARACTERS} UTF-16 code units`)

export const clientMessages = {
  hello: z
    .object({
      type: z.literal('hello'),
      token: z
        .string()
        .max(MAX_TOKEN_CHARACTERS)
        .optional()
        .describe('required on TCP unless the upgrade request had it'),
      version: z.string().max(64).optional().describe("the client's version, for diagnostics"),
    })
    .describe('The first message of every socket.'),
  auth: z
    .object({ type: z.literal('auth'), token: z.string().max(MAX_TOKEN_CHARACTERS) })
    .describe(
      "Replaces the socket's token before it expires, with one of the same user. The reply is `renewed`.",
    ),
  ask: z
    .object({
      type: z.literal('ask'),
      id,
      question,
      conversation: z
        .string()
        .max(64)
        .optional()
        .describe('an earlier `accepted.conversation`; a new one if absent'),
      history: historySchema
        .optional()
        .describe(
          `earlier turns of a conversation that the client keeps, oldest first; not with \`conversation\`; in total at most ${MAX_HISTORY_CHARACTERS} UTF-16 code units`,
        ),
      collections: collectionsSchema.optional(),
      filter: filterSchema.optional(),
      engine: z.string().max(64).optional().describe('name of a configured engine'),
      retrieval: retrievalOptionsSchema.optional(),
      traceparent: z
        .string()
        .max(MAX_TRACEPARENT_CHARACTERS)
        .optional()
        .describe('W3C trace context of the answer'),
      cache: z
        .boolean()
        .optional()
        .describe("false: bypass the cache and don't store the answer in it; default true"),
    })
    .describe('Asks a question. Idempotent: the same id with the same body returns the same answer.'),
  search: z
    .object({
      type: z.literal('search'),
      id,
      query: z.string().describe('the text to search for; same bounds as a question'),
      collections: collectionsSchema.optional(),
      filter: filterSchema.optional(),
      limit: z.int().min(1).max(100).optional().describe('default 10'),
      retrieval: retrievalOptionsSchema.optional(),
    })
    .describe('Finds passages without an answer.'),
  resume: z
    .object({
      type: z.literal('resume'),
      id,
      epoch: z.int().nonnegative().describe('of the last event that the client has; 0 for none'),
      seq: z.int().nonnegative().describe('of the last event that the client has; 0 for none'),
    })
    .describe(
      'Asks for the events of an answer after this one, on any daemon, also after its end. The missing events follow, or a `snapshot` of the text where they are no longer known.',
    ),
  cancel: z
    .object({ type: z.literal('cancel'), id })
    .describe('Stops an answer; the text so far is kept as cancelled. Idempotent.'),
  history: z
    .object({
      type: z.literal('history'),
      id,
      conversation: z.string().max(64),
      limit: z.int().min(1).max(200).optional().describe('number of latest turns; default 50'),
    })
    .describe('Asks for the turns of a conversation.'),
} as const

export const serverMessages = {
  welcome: z
    .object({
      type: z.literal('welcome'),
      protocol: z.literal(PROTOCOL_VERSION),
      version: z.string().describe("the daemon's version"),
      user: z.string().describe("stable id of the token's user"),
      expiresAt,
      limits: z.object({
        maxFrameBytes: z.int().positive().describe('largest frame the daemon accepts'),
        maxQuestion: z.int().positive().describe('longest question, UTF-16 code units'),
        maxAsksInFlight: z.int().positive().describe('answers at once on this socket'),
      }),
      pingIntervalMs: z.int().positive(),
      resumeWindowMs: z
        .int()
        .nonnegative()
        .optional()
        .describe('how long after its end an answer can be resumed event by event'),
    })
    .describe('The reply to `hello`.'),
  renewed: z.object({ type: z.literal('renewed'), expiresAt }).describe('The reply to `auth`.'),
  accepted: z
    .object({ type: z.literal('accepted'), id, epoch, conversation: z.string() })
    .describe('The ask is stored durably; its events follow.'),
  stage: z
    .object({
      type: z.literal('stage'),
      ...position,
      stage: z.enum(STAGES),
      state: z.enum(['started', 'finished']),
      ms: z.number().nonnegative().optional().describe('its duration, when finished'),
    })
    .describe('A pipeline stage started or finished. After a cache hit there are no stages after `cache`.'),
  context: z
    .object({ type: z.literal('context'), ...position, passages: z.array(passageSchema) })
    .describe('The passages that the answer is based on.'),
  delta: z
    .object({ type: z.literal('delta'), ...position, text: z.string() })
    .describe('The next part of the text.'),
  restart: z
    .object({ type: z.literal('restart'), ...position, keep: z.int().nonnegative() })
    .describe(
      'A new attempt, or a correction: keep the first `keep` UTF-16 code units of the text and drop the rest.',
    ),
  snapshot: z
    .object({
      type: z.literal('snapshot'),
      id,
      epoch,
      seq: z.int().nonnegative().describe('of the last event that it includes'),
      text: z.string(),
    })
    .describe(
      'The whole text so far, in place of events that are no longer known. The next event is `seq` + 1.',
    ),
  done: z
    .object({ type: z.literal('done'), ...position, answer: answerSchema })
    .describe('The complete answer, as stored.'),
  results: z
    .object({
      type: z.literal('results'),
      id,
      passages: z.array(passageSchema),
      searched: searchedSchema,
      ms: z.number().nonnegative(),
    })
    .describe('The reply to `search`.'),
  turns: z
    .object({ type: z.literal('turns'), id, conversation: conversationSchema, turns: z.array(turnSchema) })
    .describe('The reply to `history`, oldest turn first.'),
  error: z
    .object({
      type: z.literal('error'),
      id: z.string().optional().describe('the request it belongs to'),
      epoch: epoch.optional().describe('present with `seq` if an accepted answer failed'),
      seq: seq.optional(),
      ...errorBodySchema.shape,
    })
    .describe('A request failed. The socket stays open.'),
  draining: z
    .object({ type: z.literal('draining'), graceMs: z.int().nonnegative() })
    .describe('The daemon is shutting down: it takes no new asks, and running answers may finish.'),
} as const

// A union needs its first member by itself.
const { hello, ...requests } = clientMessages
const { welcome, ...replies } = serverMessages

export const clientMessageSchema = z.discriminatedUnion('type', [hello, ...Object.values(requests)])
export const serverMessageSchema = z.discriminatedUnion('type', [welcome, ...Object.values(replies)])

export type ClientMessage = z.infer<typeof clientMessageSchema>
export type ServerMessage = z.infer<typeof serverMessageSchema>
export type AskMessage = z.infer<typeof clientMessages.ask>
export type ResumeMessage = z.infer<typeof clientMessages.resume>
export type SearchMessage = z.infer<typeof clientMessages.search>
export type HistoryMessage = z.infer<typeof clientMessages.history>
export type Welcome = z.infer<typeof serverMessages.welcome>
