import type { LoadedDocument } from '../../domain/document.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { anyOf } from '../../text/all-languages.ts'
import { type BytesLoader, fileTitle } from './loader.ts'
import { createTextBuilder } from './writing/text-builder.ts'

/** A mail archive: every message a section under its subject, conversations together, the newest first. */
export const mbox = {
  reads: 'bytes',
  name: 'mail archive',
  extensions: ['mbox', 'mbx'],
  mediaTypes: [],
  recognises: (bytes) => messagesOf(bytes, 2).length === 2,
  async load(bytes, { uri, loadInner }) {
    const warnings: string[] = []
    const found = messagesOf(bytes, MAX_MESSAGES + 1)
    if (found.length > MAX_MESSAGES)
      warnings.push(`There are more than ${MAX_MESSAGES} messages: the rest were left out.`)
    const messages: LoadedDocument[] = []
    for (const [index, message] of found.slice(0, MAX_MESSAGES).entries()) {
      try {
        messages.push(await loadInner(message, `message ${index + 1}.eml`))
      } catch (thrown) {
        if (!(thrown instanceof ChatbotError) || thrown.code === 'document_too_large') throw thrown
        warnings.push(`Message ${index + 1} was left out: ${thrown.message}`)
      }
    }
    const builder = createTextBuilder()
    const threads = Map.groupBy(messages, ({ title }) => subjectOf(title))
    for (const thread of [...threads.values()].map(newestFirst).toSorted(byNewest)) {
      for (const message of thread) {
        builder.append(message, [message.title])
        for (const warning of message.warnings ?? []) warnings.push(`${message.title}: ${warning}`)
      }
    }
    const [newest] = newestFirst(messages)
    return {
      title: fileTitle(uri),
      mediaType: 'application/mbox',
      ...builder.finish(),
      linesMatchFile: false,
      modifiedAt: newest?.modifiedAt,
      warnings,
    }
  },
} satisfies BytesLoader

const MAX_MESSAGES = 5000

/** A message begins with a line `From SENDER DATE` at the start or after an empty line, and goes on with a header. */
const BEGINNING = /(?<=^|\n\r?\n)From [^\n]{1,300}\n(?=[!-9;-~]{1,80}:)/gu
/** Written so because such a line would begin a message. */
const ESCAPED = /^>(?=>*From )/gmu

/** At most so many, without their first lines. */
function messagesOf(bytes: Buffer, limit: number): Buffer[] {
  if (bytes.subarray(0, 5).toString('latin1') !== 'From ') return []
  const text = bytes.toString('latin1')
  const starts: { at: number; after: number }[] = []
  for (const { index, 0: line } of text.matchAll(BEGINNING)) {
    starts.push({ at: index, after: index + line.length })
    if (starts.length > limit) break
  }
  return starts
    .slice(0, limit)
    .map(({ after }, i) =>
      Buffer.from(text.slice(after, starts[i + 1]?.at ?? text.length).replace(ESCAPED, ''), 'latin1'),
    )
}

const REPLY = new RegExp(`^${anyOf(({ documents }) => documents.replyPrefixes)}(?:\\[\\d{1,3}\\])?:`, 'iu')
const MAX_REPLIES = 20

/** Equal for a message and the answers to it. */
function subjectOf(title: string): string {
  let subject = title.trim()
  for (let reply = 0; reply < MAX_REPLIES && REPLY.test(subject); reply += 1)
    subject = subject.replace(REPLY, '').trim()
  return subject.toLowerCase()
}

const timeOf = ({ modifiedAt }: LoadedDocument): number => modifiedAt?.getTime() ?? 0
const newestFirst = (messages: readonly LoadedDocument[]) =>
  messages.toSorted((one, other) => timeOf(other) - timeOf(one))

const byNewest = ([one]: readonly LoadedDocument[], [other]: readonly LoadedDocument[]): number =>
  (other === undefined ? 0 : timeOf(other)) - (one === undefined ? 0 : timeOf(one))
