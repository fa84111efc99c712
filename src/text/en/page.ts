import type { PageWords } from '../knowledge.ts'

export const page: PageWords = {
  about:
    'Answers questions from the documents that were given to it, with the sentences that the answer comes from.',
  token: 'Token',
  tokenHint:
    'An API key, or on your own machine the content of the file `token` in the data directory (`chatbot status` names it). It is kept until this tab is closed.',
  enter: 'Enter',
  question: 'Your question',
  ask: 'Ask',
  working: 'working…',
  cached: 'answered before',
  ok: 'ready',
  starting: 'starting',
  draining: 'shutting down',
  failing: 'not ready',
  degraded: 'ready, degraded',
  unreachable: 'does not answer',
  refusedToken: 'This token was not accepted.',
  lost: 'The connection was lost. Ask again.',
  offered:
    'The link that you opened would let you in as {who}. Your questions would be kept in that account, where whoever holds it reads them. Go on only if you know who gave you the link.',
  replaced: 'You would be {who} no longer in this tab.',
  accept: 'Go on as {who}',
  decline: 'Do not use the link',
  more: 'For programs: OpenAI’s API at {v1}, the HTTP API at {openapi}, the WebSocket at {ws}. In a terminal: {chat}',
}
