/** Follow-ups that only name another subject: `And in Latvia?`, `а у Т3?`. */
import { ofAll } from '../text/all-languages.ts'
import { STOP_WORDS } from '../text/stop-words.ts'
import { NAME } from './topic.ts'

/** Words of a follow-up that only names its subject. */
const MAX_WORDS = 5

/** UTF-16 code units of the question before it: its subject is looked for there. */
const MAX_EARLIER_CHARACTERS = 500

const ARTICLES = new Set(ofAll(({ articles }) => articles))

/** Kinds of subjects: one is replaced only by another of its kind. */
const KINDS = [
  /«[^«»]{1,200}»|“[^“”]{1,200}”|"[^"]{1,200}"/gu,
  /(?<![\p{L}\p{N}-])(?=[\p{L}-]{0,40}\p{N})(?=[\p{N}-]{0,40}\p{L})[\p{L}\p{N}_.-]{0,60}[\p{L}\p{N}]/gu,
  /(?<![\p{L}\p{N}.-])\p{N}[\p{N}.,]{0,20}(?<=\p{N})(?![\p{L}\p{N}])/gu,
  NAME,
]

/**
 * The question before, about the new subject: `What does A22 mean?` for `And A22?` after `What does A17 mean?`.
 * `fragment` is the follow-up without its opening. Undefined if it says more than that, or if the question before has
 * no such subject.
 */
export function aboutNewSubject(fragment: string, earlier: string): string | undefined {
  const bare = fragment.trim().replace(/[.?!]{1,4}$/u, '')
  const words = bare.split(/\s+/u)
  if (bare === '' || words.length > MAX_WORDS || earlier.length > MAX_EARLIER_CHARACTERS) return undefined
  const subjectAt = words.findIndex((word) => !STOP_WORDS.has(word.toLowerCase()))
  if (subjectAt === -1) return undefined
  const subject = words.slice(subjectAt).join(' ')
  const kind = KINDS.find((pattern) => isAll(subject, pattern))
  if (kind === undefined) return undefined
  const lead = words.slice(0, subjectAt).filter((word) => !ARTICLES.has(word.toLowerCase()))
  return replaced(earlier, kind, lead, subject)
}

/** Whether nothing but a subject of this kind stands there; a name may be its first word. */
const isAll = (text: string, pattern: RegExp): boolean => {
  const [found] = `x ${text}`.match(pattern) ?? []
  return found === text
}

function replaced(
  earlier: string,
  kind: RegExp,
  lead: readonly string[],
  subject: string,
): string | undefined {
  const spans = [...earlier.matchAll(kind)].map(({ 0: old, index }) => {
    const before =
      earlier
        .slice(0, index)
        .split(' ')
        .findLast((word) => word !== '') ?? ''
    return { old, index, before }
  })
  const preposition = lead.join(' ').toLowerCase()
  const same = spans.find(({ before }) => preposition !== '' && before.toLowerCase() === preposition)
  const span = same ?? spans.at(-1)
  if (span === undefined) return undefined
  const end = span.index + span.old.length
  const isPreposition = span.before !== '' && STOP_WORDS.has(span.before.toLowerCase())
  const start =
    same === undefined && lead.length > 0 && isPreposition && !ARTICLES.has(span.before.toLowerCase())
      ? earlier.lastIndexOf(span.before, span.index)
      : span.index
  const said = same === undefined && lead.length > 0 ? `${lead.join(' ')} ${subject}` : subject
  return `${earlier.slice(0, start)}${said}${earlier.slice(end)}`
}
