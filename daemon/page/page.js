/** The page that the daemon shows to a browser: its health, and a question over the WebSocket (docs/PROTOCOL.md). */
import { markdown } from './markdown.js'

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 */
function find(selector, type) {
  const found = document.querySelector(selector)
  if (!(found instanceof type)) throw new Error(`no ${selector} on the page`)
  return found
}

/** @typedef {import('../../src/text/knowledge.ts').WebPageTexts} WebPageTexts */
/** @type {Readonly<Record<string, WebPageTexts>> & { readonly en: WebPageTexts }} */
const words = JSON.parse(find('#words', HTMLElement).textContent ?? '')
const language =
  navigator.languages
    .map((name) => name.replace(/-.*/u, ''))
    .find((name) => name !== 'en' && name in words) ?? 'en'
const say = words[language] ?? words.en
document.documentElement.lang = language

const loginForm = find('#login', HTMLFormElement)
const tokenInput = find('#token', HTMLInputElement)
const loginHint = find('#login .hint', HTMLParagraphElement)
const askForm = find('#ask', HTMLFormElement)
const questionInput = find('#question', HTMLTextAreaElement)
const askButton = find('#ask button', HTMLButtonElement)
const turns = find('#turns', HTMLElement)
const health = find('#health', HTMLParagraphElement)
const offer = find('#offer', HTMLElement)
const offerText = find('#offered', HTMLParagraphElement)
const acceptButton = find('#accept', HTMLButtonElement)
const declineButton = find('#decline', HTMLButtonElement)

find('#about', HTMLElement).textContent = say.about
find('#login label', HTMLElement).textContent = say.token
find('#login button', HTMLElement).textContent = say.enter
find('#ask label', HTMLElement).textContent = say.question
askButton.textContent = say.ask
const base = `${location.protocol}//${location.host}`
const addresses = new Map([
  ['{v1}', `${base}/v1`],
  ['{openapi}', `${base}/api/v1/openapi.json`],
  ['{ws}', `${base.replace(/^http/, 'ws')}/ws`],
  ['{chat}', `chatbot chat --server ${base}`],
])
find('#more', HTMLElement).append(
  ...say.more.split(/(\{\w+\})/).map((part) => {
    const address = addresses.get(part)
    return address === undefined ? part : element('code', '', address)
  }),
)

/**
 * @param {string} name
 * @param {string} className
 * @param {string} [text]
 */
function element(name, className, text = '') {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

const TERMINAL = new Set([4400, 4401, 4403, 4409])
const TOKEN_KEY = 'chatbot.token'
/** Of a lost connection while an answer is awaited; about two minutes. */
const MAX_ATTEMPTS = 12
const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 15_000
let attempts = 0
/** @type {WebSocket | undefined} */
let socket
/** @type {string | undefined} */
let conversation
/** @type {((message: any) => void) | undefined} */
let listener
/**
 * Who waits for the results of a search, by its id.
 * @type {Map<string, (message: any) => void>}
 */
const searches = new Map()

/**
 * The token from `#token=…`: a fragment is never sent to a server. The link's author may want your questions in their
 * account, so the token is used only if you agree.
 * @returns {string | null}
 */
function takeOffer() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token !== null) history.replaceState(null, '', location.pathname)
  return token
}

/**
 * The token's user; undefined if the token is invalid.
 * @param {string} token
 * @returns {Promise<string | undefined>}
 */
async function nameOf(token) {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch('api/v1/auth/me', { headers })
    return response.ok ? (await response.json()).name : undefined
  } catch {
    return undefined
  }
}

/** Makes later links supersede responses to earlier ones. */
let offers = 0

async function begin() {
  const token = takeOffer()
  const own = sessionStorage.getItem(TOKEN_KEY)
  if (token === null || token === own) {
    if (socket === undefined && offer.hidden) goOn()
    return
  }
  const number = ++offers
  const [who, before] = await Promise.all([nameOf(token), own === null ? undefined : nameOf(own)])
  if (number !== offers) return
  if (who === undefined) {
    offer.hidden = true
    if (socket === undefined) goOn()
    if (own === null) showRefused()
    return
  }
  offerText.textContent = [
    say.offered.replace('{who}', () => who),
    ...(before === undefined ? [] : [say.replaced.replace('{who}', () => before)]),
  ].join(' ')
  acceptButton.textContent = say.accept.replace('{who}', () => who)
  declineButton.textContent = say.decline
  loginForm.hidden = true
  askForm.hidden = true
  offer.hidden = false
  declineButton.focus()
  acceptButton.onclick = () => {
    offer.hidden = true
    leave()
    sessionStorage.setItem(TOKEN_KEY, token)
    connect()
  }
  declineButton.onclick = () => {
    offer.hidden = true
    goOn()
  }
}

/** Restores this tab's previous identity. */
function goOn() {
  if (socket !== undefined) showForms(true)
  else if (sessionStorage.getItem(TOKEN_KEY) !== null) connect()
  else {
    loginHint.textContent = say.tokenHint
    showForms(false)
  }
}

/** Clears the questions and the conversation of the previous account. */
function leave() {
  const left = socket
  socket = undefined
  listener = undefined
  searches.clear()
  conversation = undefined
  askButton.disabled = false
  turns.replaceChildren()
  left?.close()
}

function showRefused() {
  loginHint.textContent = say.refusedToken
  loginHint.classList.add('error')
}

function connect() {
  const opened = new WebSocket(addresses.get('{ws}') ?? '', 'chatbot.v1')
  socket = opened
  opened.onopen = () =>
    opened.send(JSON.stringify({ type: 'hello', token: sessionStorage.getItem(TOKEN_KEY) ?? '' }))
  opened.onmessage = ({ data }) => {
    if (socket !== opened) return
    const message = JSON.parse(data)
    if (message.type === 'welcome' && offer.hidden) showForms(true)
    ;(searches.get(message.id) ?? listener)?.(message)
  }
  opened.onclose = ({ code }) => {
    if (socket !== opened) return
    socket = undefined
    // An answer that was accepted goes on: it is resumed.
    if (listener !== undefined && !TERMINAL.has(code) && attempts < MAX_ATTEMPTS) {
      attempts += 1
      const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts) * (0.5 + Math.random() / 2)
      setTimeout(() => {
        if (socket === undefined && listener !== undefined) connect()
      }, pauseMs)
    } else listener?.({ type: 'error', message: say.lost })
    for (const fail of searches.values()) fail({ type: 'error', message: say.lost })
    if (!TERMINAL.has(code)) return
    loginHint.textContent = say.tokenHint
    if (sessionStorage.getItem(TOKEN_KEY) !== null) showRefused()
    sessionStorage.removeItem(TOKEN_KEY)
    if (offer.hidden) showForms(false)
  }
}

/** @param {boolean} welcome */
function showForms(welcome) {
  loginForm.hidden = welcome
  askForm.hidden = !welcome
  ;(welcome ? questionInput : tokenInput).focus()
}

loginForm.addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem(TOKEN_KEY, tokenInput.value.trim())
  tokenInput.value = ''
  leave()
  connect()
})

questionInput.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  askForm.requestSubmit()
})

askForm.addEventListener('submit', (event) => {
  event.preventDefault()
  const question = questionInput.value.trim()
  if (question === '' || askButton.disabled) return
  questionInput.value = ''
  ask(question)
})

/** @param {string} question */
function ask(question) {
  const article = element('article', '')
  const answer = element('div', 'answer')
  const state = element('p', 'state', say.working)
  article.append(element('p', 'question', question), answer, state)
  turns.append(article)
  article.scrollIntoView({ block: 'end' })
  askButton.disabled = true
  let text = ''
  /** @type {Passage[] | undefined} */
  let context
  let isDrawn = true
  // Deltas that come within a frame of the screen are drawn together.
  const draw = () => {
    if (!isDrawn) answer.replaceChildren(...markdown(text))
    isDrawn = true
  }
  const id = uuid()
  let isAccepted = false
  const last = { epoch: 0, seq: 0 }
  const end = () => {
    listener = undefined
    askButton.disabled = false
    questionInput.focus()
  }
  listener = (message) => {
    if (message.id !== undefined && message.id !== id) return
    if (message.seq !== undefined) {
      const { epoch, seq } = message
      if (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)) return
      Object.assign(last, { epoch, seq })
    }
    switch (message.type) {
      case 'welcome':
        socket?.send(
          JSON.stringify(
            isAccepted ? { type: 'resume', id, ...last } : { type: 'ask', id, question, conversation },
          ),
        )
        return
      case 'accepted':
        isAccepted = true
        attempts = 0
        conversation = message.conversation
        return
      case 'context':
        context = message.passages
        return
      case 'delta':
        text += message.text
        break
      case 'restart':
        text = text.slice(0, message.keep)
        break
      case 'snapshot':
        text = message.text
        break
      case 'done':
        text = message.answer.text
        state.textContent =
          message.answer.certainty === 'unsure'
            ? say.unsure
            : message.answer.cached === false
              ? ''
              : say.cached
        article.append(
          sources(message.answer.citations),
          moreButton(message.answer.searched ?? question, message.answer.citations, context),
        )
        end()
        break
      case 'error':
        // Not the answer's end: it is resumed on the next socket.
        if (isAccepted && message.seq === undefined && message.retryAfterMs !== undefined) {
          socket?.close()
          return
        }
        state.textContent = message.message
        state.classList.add('error')
        end()
    }
    if (isDrawn) requestAnimationFrame(draw)
    isDrawn = false
  }
  if (socket?.readyState === WebSocket.OPEN) listener({ type: 'welcome' })
  else connect()
}

/** @typedef {{ start: number, end: number, text: string }} QuotedSpan */
/** @typedef {QuotedSpan & { number: number, document: string, title: string, uri: string, page?: number, line?: number }} Passage */
/** @typedef {Passage & { spans?: QuotedSpan[] }} Citation */

/** @param {Citation[]} citations */
function sources(citations) {
  const list = element('ul', 'sources')
  for (const { number, title, uri, page, line, text, spans = [{ text }] } of citations) {
    const place = page === undefined ? (line === undefined ? '' : `:${line}`) : `, ${page}`
    const details = element('details', '')
    details.append(
      element('summary', '', `[${number}] ${title === '' ? uri : `${title} — ${uri}`}${place}`),
      ...spans.map((span) => element('blockquote', '', span.text)),
    )
    const item = element('li', '')
    item.append(details)
    list.append(item)
  }
  return list
}

/** Passages that are shown at once. */
const MAX_PASSAGES = 5

/**
 * Shows the passages that the answer does not quote, in its own place.
 * @param {string} query
 * @param {Citation[]} citations
 * @param {Passage[] | undefined} context
 */
function moreButton(query, citations, context) {
  const button = element('button', 'quiet further', say.further)
  button.setAttribute('type', 'button')
  /** @param {Passage[]} passages */
  const show = (passages) => {
    const last = Math.max(0, ...citations.map(({ number }) => number))
    const more = passages
      .filter((passage) => !citations.some((citation) => isQuoted(passage, citation)))
      .slice(0, MAX_PASSAGES)
      .map((passage, index) => ({ ...passage, number: last + 1 + index }))
    button.replaceWith(more.length === 0 ? element('p', 'state', say.noMore) : sources(more))
  }
  button.onclick = () => {
    if (context !== undefined) show(context)
    else if (socket?.readyState === WebSocket.OPEN) search(query)
    else button.replaceWith(element('p', 'state error', say.lost))
  }
  /** An answer from the cache comes without the passages. @param {string} words */
  function search(words) {
    const id = uuid()
    button.setAttribute('disabled', '')
    searches.set(id, (message) => {
      searches.delete(id)
      if (message.type === 'results') show(message.passages)
      else button.replaceWith(element('p', 'state error', message.message))
    })
    socket?.send(JSON.stringify({ type: 'search', id, query: words, limit: 20 }))
  }
  return button
}

/**
 * @param {Passage} passage
 * @param {Citation} citation
 */
const isQuoted = ({ document, start, end }, citation) =>
  citation.document === document &&
  [citation, ...(citation.spans ?? [])].some((span) => span.start < end && start < span.end)

/** `crypto.randomUUID` is missing on pages that came over plain HTTP from another host. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

async function showHealth() {
  const state = await fetch('readyz').then(
    async (response) => await response.json(),
    () => ({ status: 'unreachable' }),
  )
  /** @type {Map<string, string>} */
  const known = new Map(Object.entries(say))
  const version = state.version === undefined ? '' : ` · ${state.version}`
  health.textContent = `${known.get(state.status) ?? state.status}${version}${state.detail === undefined ? '' : ` · ${state.detail}`}`
  health.classList.toggle('error', state.status === 'failing' || state.status === 'unreachable')
}

showHealth()
setInterval(() => {
  if (!document.hidden) showHealth()
}, 10_000)
// A link to this already open page loads nothing.
addEventListener('hashchange', begin)
begin()
