import type { WebPageTexts } from '../knowledge.ts'

export const webPage: WebPageTexts = {
  about: 'Answers questions from the documents it was given, and shows the sentences each answer comes from.',
  token: 'Token',
  tokenHint:
    'An API key or, on your own machine, the content of the file `token` in the data directory (`chatbot status` shows the path). It is kept until you close this tab.',
  enter: 'Enter',
  question: 'Your question',
  ask: 'Ask',
  working: 'working…',
  unsure: 'unsure: the documents do not say this directly',
  cached: 'answered before',
  further: 'More from the documents',
  noMore: 'The documents have no more on this.',
  ok: 'ready',
  starting: 'starting',
  draining: 'shutting down',
  failing: 'not ready',
  degraded: 'ready, degraded',
  unreachable: 'does not answer',
  refusedToken: 'This token was not accepted.',
  lost: 'The connection was lost. Ask again.',
  offered:
    'The link you opened would sign you in as {who}. Your questions would be stored in that account, and its owner could read them. Continue only if you know who gave you the link.',
  replaced: 'You would no longer be {who} in this tab.',
  accept: 'Continue as {who}',
  decline: 'Do not use the link',
  more: 'For programs: OpenAI’s API at {v1}, the HTTP API at {openapi}, the WebSocket at {ws}. In a terminal: {chat}',
}
