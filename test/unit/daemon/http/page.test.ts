/** The page at `/` as a browser gets it: its own HTML and script, with a stand-in for the network. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { parseHTML } from 'linkedom'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { pageHtml } from '../../../../daemon/http/page.ts'
import { packageRoot } from '../../../../src/config/package-root.ts'

const PAGE = join(packageRoot(), 'daemon/page')
const HTML = pageHtml()
const SCRIPT = readFileSync(join(PAGE, 'page.js'), 'utf8')
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

const helloSchema = z.object({ type: z.string(), token: z.string().optional() })

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
  const fetched: string[] = []
  const context = createContext({
    ...html,
    document,
    location,
    console,
    URLSearchParams,
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
