import { string as stringArgument } from '@oclif/core/args'
import { boolean, string } from '@oclif/core/flags'
import type { RouteResponse } from '../../src/api/routes.ts'
import type { ApiClient } from '../../src/client/api.ts'
import { documentReference } from '../../src/client/files/inputs.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printable, printableLine } from '../../src/domain/printable.ts'
import { displayUri } from '../../src/terminal/place.ts'
import { paint } from '../../src/terminal/style.ts'
import { fields } from '../../src/terminal/table.ts'
import { time } from '../../src/terminal/time.ts'
import { bytes, count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { parseSpan } from '../common/flags.ts'

/** UTF-16 code units shown on either side of a span. */
const CONTEXT_CHARACTERS = 300

export default class DocumentsShow extends ChatbotCommand {
  static override summary = 'Show a document, its stored text, or a span of it.'
  static override description = 'Name a document by its path, its id or an id prefix (at least 4 digits).'
  static override examples = [
    '<%= config.bin %> <%= command.id %> docs/guide.md',
    '<%= config.bin %> <%= command.id %> docs/guide.md --text > guide.txt',
    {
      description: 'Check a citation: the cited span with its context',
      command: '<%= config.bin %> <%= command.id %> 3f2a9c1e --at 1024:1180',
    },
  ]
  static override args = {
    document: stringArgument({
      required: true,
      ignoreStdin: true,
      description: 'path, id or id prefix',
    }),
  }
  static override flags = {
    text: boolean({ summary: 'Print the stored text.', exclusive: ['at'] }),
    at: string({
      helpValue: 'START:END',
      summary: 'Print a span of it (UTF-16 code units) with its context.',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(DocumentsShow)
    const span = flags.at === undefined ? undefined : parseSpan(flags.at)
    if (flags.at !== undefined && span === undefined) {
      throw new ChatbotError('bad_request', `--at takes START:END, such as 1024:1180, not "${flags.at}".`)
    }
    const api = await this.api(await this.settings(flags))
    const reference = documentReference(args.document)
    if (span !== undefined) {
      const shown = await textAt(api, reference, span)
      const { before, text, after } = shown
      this.talk(paint(process.stderr, 'dim', printableLine(whereIs(shown))))
      this.log(printable(before) + highlight(printable(text)) + printable(after))
      return shown
    }
    if (flags.text) {
      const shown = await api.call('getDocumentText', { params: { reference } })
      if (!this.jsonEnabled()) {
        // A file gets the text as it is stored; a terminal gets it without control characters.
        process.stdout.write(process.stdout.isTTY ? `${printable(shown.text)}\n` : shown.text)
      }
      return shown
    }
    const document = await api.call('getDocument', { params: { reference } })
    this.log(fields(lines(document)))
    for (const warning of document.warnings) this.talk(`Note: ${printable(warning)}`)
    return document
  }
}

/** Without colours, the span is marked by brackets that are rare in documents. */
function highlight(text: string): string {
  const painted = paint(process.stdout, 'inverse', text)
  return painted === text ? `⟦${text}⟧` : painted
}

/** `docs/guide.md:12, page 3, Install › Linux`. */
function whereIs({ document, line, page, heading }: Awaited<ReturnType<typeof textAt>>): string {
  const uri = displayUri(document.uri, process.cwd())
  const parts = [
    line === undefined ? uri : `${uri}:${line}`,
    page === undefined ? '' : `page ${page}`,
    heading ?? '',
  ]
  return parts.filter(Boolean).join(', ')
}

async function textAt(api: ApiClient, reference: string, { start, end }: { start: number; end: number }) {
  const found = await api.call('getDocumentText', {
    params: { reference },
    query: { start: Math.max(0, start - CONTEXT_CHARACTERS), end: end + CONTEXT_CHARACTERS, at: start },
  })
  if (start >= found.document.length) {
    throw new ChatbotError(
      'bad_request',
      `The document has ${found.document.length} characters now, so there is nothing at ${start}:${end}. It may have changed since it was cited.`,
    )
  }
  const from = start - found.start
  const to = Math.min(end, found.end) - found.start
  const { document, text, heading, page, line } = found
  return {
    document,
    heading: heading || undefined,
    page,
    line,
    start,
    end: Math.min(end, found.end),
    // The context starts and ends between words, so never inside a surrogate pair.
    before: text.slice(0, Math.max(0, from)).replace(found.start > 0 ? /^\S*\s/ : /^(?!)/, ''),
    text: text.slice(Math.max(0, from), Math.max(0, to)),
    after: text.slice(Math.max(0, to)).replace(found.end < document.length ? /\s\S*$/ : /(?!)$/, ''),
  }
}

const field = (name: string, value: string): [string, string] => [name, value]

function lines(document: RouteResponse<'getDocument'>): [string, string][] {
  return [
    ['Document', displayUri(document.uri, process.cwd())],
    ['Title', document.title],
    ['Id', document.id],
    ['Collection', document.collection],
    ['Format', document.mediaType],
    ['Language', document.language],
    [
      'Size',
      `${bytes(document.bytes)}, ${document.length} characters of text, ${count(document.chunks, 'chunk')}`,
    ],
    ['SHA-256', document.hash],
    ['Ingested', time(document.ingestedAt)],
    ...(document.modifiedAt === null ? [] : [field('Modified', time(document.modifiedAt))]),
    ...Object.entries(document.metadata).map(([name, value]) => field(printableLine(name), value)),
  ]
}
