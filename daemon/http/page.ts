/** The page at `/` for browsers (daemon/page/), which asks over the WebSocket. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { packageRoot } from '../../src/config/package-root.ts'
import { KNOWLEDGE } from '../../src/text/language.ts'
import { staticDocument } from './static-document.ts'

const SCRIPT = 'text/javascript; charset=utf-8'

const FILES: readonly { readonly url: string; readonly type: string; readonly read: () => string }[] = [
  { url: '/', type: 'text/html; charset=utf-8', read: pageHtml },
  { url: '/page.css', type: 'text/css; charset=utf-8', read: () => read('page.css') },
  { url: '/page.js', type: SCRIPT, read: () => read('page.js') },
  { url: '/markdown.js', type: SCRIPT, read: () => read('markdown.js') },
  { url: '/marked.js', type: SCRIPT, read: () => readFileSync(MARKED, 'utf8') },
]

/** The Markdown parser, as its package has it for browsers. */
const MARKED = createRequire(import.meta.url).resolve('marked')

export const PAGE_ROUTES: readonly string[] = FILES.map(({ url }) => url)

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The page, with its texts in every language. */
export function pageHtml(): string {
  const words = Object.fromEntries(
    Object.entries(KNOWLEDGE).map(([language, { webPage }]) => [language, webPage]),
  )
  const json = JSON.stringify(words).replaceAll('<', '\\u003c')
  return read('index.html').replace(/(?<=id="words">)/u, () => json)
}

const read = (file: string) => readFileSync(join(packageRoot(), 'daemon', 'page', file), 'utf8')

export function registerPage(app: FastifyInstance): void {
  for (const { url, type, read: content } of FILES) {
    const send = staticDocument(type, () => Buffer.from(content()))
    app.get(url, (request, reply) => send(request, reply.headers(HEADERS)))
  }
}
