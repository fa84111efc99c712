/** The page at `/` as a browser gets it: its own HTML and script, with a stand-in for the network. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { parseHTML } from 'linkedom'
import { Lexer } from 'marked'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { pageHtml } from '../../../../daemon/http/page.ts'
import { packageRoot } from '../../../../src/config/package-root.ts'

const PAGE = join(packageRoot(), 'daemon/page')
const HTML = pageHtml()
const script = (file: string) =>
  readFileSync(join(PAGE, file), 'utf8').replace(/^(?:import .*$|export )/gm, '')
/** As one script: `node:vm` runs no modules. */
const SCRIPT = script('markdown.js') + script('page.js')
const NAMES: Readonly<Record<string, string>> = {
  'token-of-anna': 'user:anna',
  'token-of-mallory': 'user:mallory',
}

const NAMES_OF_CLASSES = {
  HTMLElement: undefined,
  HTMLFormElement: 'form',
  HTMLInputElement: 'input',
  HTMLParagraphElement: 'p',
  HTMLTextAreaElement: 'textarea',
  HTMLButtonElement: 'button',
}

const helloSchema = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  token: z.string().optional(),
  question: z.string().optional(),
  query: z.string().optional(),
})

class FakeSocket {
  static readonly OPEN = 1
  readyState = 0
  onopen: () => void = () => undefined
  onmessage: (event: { data: string }) => void = () => undefined
  onclose: (event: { code: number }) => void = () => undefined
  readonly sent: z.output<typeof helloSchema>[] = []

  constructor(made: FakeSocket[]) {
    made.push(this)
  }
  send(text: string) {
    this.sent.push(helloSchema.parse(JSON.parse(text)))
  }
  close() {
    this.readyState = 3
    this.onclose({ code: 1000 })
  }
  say(message: Readonly<Record<string, unknown>>) {
    this.onmessage({ data: JSON.stringify(message) })
  }
  /** As the daemon answers a good token. */
  open() {
    this.readyState = 1
    this.onopen()
    this.onmessage({ data: JSON.stringify({ type: 'welcome' }) })
  }
}

/** Opens the page in a tab that may have a token already. */
async function open(hash: string, stored?: string) {
  const { document, window } = parseHTML(HTML)
  const kept = new Map<string, string>(stored === undefined ? [] : [['chatbot.token', stored]])
  const sockets: FakeSocket[] = []
  const location = { protocol: 'http:', host: 'chat.example.org', pathname: '/', hash }
  const shown: string[] = []
  const listeners = new Map<string, () => unknown>()
  const settled = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  // `linkedom` makes no elements of the classes that browsers have for each name.
  const html = Object.fromEntries(
    Object.entries(NAMES_OF_CLASSES).map(([name, tag]) => [
      name,
      {
        [Symbol.hasInstance]: ({ localName }: { readonly localName: string }) =>
          tag === undefined || localName === tag,
      },
    ]),
  )
  window.HTMLElement.prototype.focus = () => undefined
  window.HTMLElement.prototype.scrollIntoView = () => undefined
  const fetched: string[] = []
  const context = createContext({
    ...html,
    document,
    location,
    console,
    URLSearchParams,
    crypto,
    Lexer,
    requestAnimationFrame: (draw: () => void) => setImmediate(draw),
    navigator: { languages: ['en'] },
    history: {
      replaceState: (_state: unknown, _title: string, url: string) => {
        shown.push(url)
        location.hash = ''
      },
    },
    sessionStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
      removeItem: (key: string) => kept.delete(key),
    },
    fetch: async (url: string, init?: { headers: { authorization: string } }) => {
      fetched.push(url)
      if (url === 'readyz') return { json: async () => ({ status: 'ok' }) }
      const name = NAMES[init?.headers.authorization.replace('Bearer ', '') ?? '']
      return { ok: name !== undefined, json: async () => ({ name }) }
    },
    WebSocket: Object.assign(
      function make() {
        return new FakeSocket(sockets)
      },
      { OPEN: 1 },
    ),
    setInterval: () => 0,
    addEventListener: (type: string, listener: () => unknown) => listeners.set(type, listener),
  })
  runInContext(`{${SCRIPT}}`, context)
  await settled()
  const element = (selector: string) => {
    const found = document.querySelector(selector)
    if (found === null) throw new Error(`no ${selector}`)
    return found
  }
  return {
    sockets,
    shown,
    fetched,
    token: () => kept.get('chatbot.token'),
    text: (selector: string) => element(selector).textContent,
    html: (selector: string) => element(selector).innerHTML,
    settled,
    /** Asks, and gives the socket and the id to answer with. */
    async ask(question: string) {
      for (const socket of sockets) if (socket.readyState === 0) socket.open()
      Object.assign(element('#question'), { value: question })
      element('#ask').dispatchEvent(new window.Event('submit', { cancelable: true }))
      const socket = sockets.at(-1)
      const id = socket?.sent.at(-1)?.id
      if (socket === undefined || id === undefined) throw new Error('nothing was asked')
      return { socket, id }
    },
    visible: () =>
      ['#offer', '#login', '#ask'].filter((selector) => !element(selector).hasAttribute('hidden')),
    async click(selector: string) {
      const { onclick } = z
        .object({ onclick: z.custom<() => void>((value) => typeof value === 'function') })
        .parse(element(selector))
      onclick()
      await settled()
    },
    /** Another link is opened in the same tab. */
    async follow(next: string) {
      location.hash = next
      listeners.get('hashchange')?.()
      await settled()
    },
  }
}

/** Tokens that sockets were opened with. */
const hellos = (sockets: readonly FakeSocket[]) => {
  for (const socket of sockets) if (socket.readyState === 0) socket.open()
  return sockets.map(({ sent }) => sent[0]?.token)
}

test('a token in a link counts only when its reader says so, who is told whose it is', async () => {
  const page = await open('#token=token-of-mallory')
  expect(page.visible()).toEqual(['#offer'])
  expect(page.text('#offered')).toContain('user:mallory')
  expect(page.sockets).toHaveLength(0)
  expect(page.token()).toBeUndefined()
  await page.click('#accept')
  expect(hellos(page.sockets)).toEqual(['token-of-mallory'])
  expect(page.token()).toBe('token-of-mallory')
  expect(page.visible()).toEqual(['#ask'])
})

test('it replaces no other before that, and is gone when it is declined', async () => {
  const page = await open('#token=token-of-mallory', 'token-of-anna')
  expect(page.text('#offered')).toMatch(/user:mallory.*user:anna/)
  expect(page.token()).toBe('token-of-anna')
  expect(page.sockets).toHaveLength(0)
  await page.click('#decline')
  expect(hellos(page.sockets)).toEqual(['token-of-anna'])
  expect(page.token()).toBe('token-of-anna')
  expect(page.visible()).toEqual(['#ask'])
})

test('nor where the page is open already; the socket of before ends with its conversation', async () => {
  const page = await open('', 'token-of-anna')
  expect(hellos(page.sockets)).toEqual(['token-of-anna'])
  await page.follow('#token=token-of-mallory')
  expect(page.visible()).toEqual(['#offer'])
  expect(page.sockets[0]?.readyState).toBe(1)
  expect(page.token()).toBe('token-of-anna')
  await page.click('#accept')
  expect(page.sockets[0]?.readyState).toBe(3)
  expect(hellos(page.sockets)).toEqual(['token-of-anna', 'token-of-mallory'])
})

test('it is taken out of the address at once, asked about or not', async () => {
  for (const [hash, stored] of [
    ['#token=token-of-mallory', undefined],
    ['#token=token-of-mallory', 'token-of-anna'],
    ['#token=token-of-anna', 'token-of-anna'],
    ['#token=made-up', 'token-of-anna'],
    ['#token=', undefined],
  ] as const) {
    const page = await open(hash, stored)
    expect(page.shown).toEqual(['/'])
    expect(page.fetched.join(' ')).not.toContain('token-of')
  }
})

test('one’s own needs no question; one that is not good changes nothing', async () => {
  const own = await open('#token=token-of-anna', 'token-of-anna')
  expect(hellos(own.sockets)).toEqual(['token-of-anna'])
  const bad = await open('#token=made-up', 'token-of-anna')
  expect(hellos(bad.sockets)).toEqual(['token-of-anna'])
  const none = await open('#token=made-up')
  expect(none.visible()).toEqual(['#login'])
  expect(none.text('#login .hint')).toBe('This token was not accepted.')
  expect(none.sockets).toHaveLength(0)
})

test('without a link the page is as it was', async () => {
  const fresh = await open('')
  expect(fresh.visible()).toEqual(['#login'])
  const back = await open('', 'token-of-anna')
  expect(hellos(back.sockets)).toEqual(['token-of-anna'])
  expect(back.visible()).toEqual(['#ask'])
})

const CITED = { number: 1, document: 'd', title: 'T', uri: 't.md', start: 0, end: 9, text: 'Row.' }
const PASSAGES = [CITED, { ...CITED, number: 2, start: 50, end: 60, text: 'Another <b>row</b>.' }]

test('an answer is shown as Markdown, and what it holds of HTML as text', async () => {
  const page = await open('', 'token-of-anna')
  const { socket, id } = await page.ask('Which?')
  const text = [
    '**Rows** [1] <img src=x onerror=alert(1)>',
    '| a | b |\n|---|--:|\n| `1` | 2 &amp; 3 |',
    '```sh\nrun <x>\n\nstop\n```',
    '3. three\n4. four',
    '- [x] done\n- [ ] open',
    '[bad](javascript:alert(1)) [good](https://a.b)',
  ].join('\n\n')
  socket.say({ type: 'delta', id, text: text.slice(0, 20) })
  socket.say({ type: 'done', id, answer: { text, citations: [CITED], cached: false } })
  await page.settled()
  const html = page.html('.answer')
  expect(html).toContain('<p><strong>Rows</strong> [1] &lt;img src=x onerror=alert(1)&gt;</p>')
  expect(html).toContain('<tr><td><code>1</code></td><td class="right">2 &amp; 3</td></tr>')
  expect(html).toContain('<pre><code>run &lt;x&gt;\n\nstop</code></pre>')
  expect(html).toContain('<ol start="3"><li>three</li><li>four</li></ol>')
  expect(html).toContain('<li class="task">☑ done</li><li class="task">☐ open</li>')
  expect(html).toContain('<span>bad (javascript:alert(1))</span>')
  expect(html).toContain('href="https://a.b"')
})

test.each(['its own', 'searched'])(
  'what the answer does not quote is one click away: passages %s',
  async (of) => {
    const page = await open('', 'token-of-anna')
    const { socket, id } = await page.ask('Which?')
    if (of === 'its own') socket.say({ type: 'context', id, passages: PASSAGES })
    socket.say({ type: 'done', id, answer: { text: 'Row. [1]', citations: [CITED], cached: false } })
    expect(page.text('.further')).toBe('More from the documents')
    await page.click('.further')
    if (of === 'searched') {
      const sent = socket.sent.at(-1)
      expect(sent).toMatchObject({ type: 'search', query: 'Which?' })
      socket.say({ type: 'results', id: sent?.id, passages: PASSAGES })
    }
    expect(page.text('.sources:last-child summary')).toBe('[2] T — t.md')
    expect(page.text('.sources:last-child blockquote')).toBe('Another <b>row</b>.')
  },
)
