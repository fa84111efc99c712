import { oneLine } from '../../text/lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { createTextBuilder } from './writing/text-builder.ts'

/** Subtitles (SubRip, WebVTT, SubViewer): speech in paragraphs, under the time at which each begins. */
export const subtitles = {
  reads: 'text',
  name: 'subtitles',
  extensions: ['srt', 'vtt', 'sbv'],
  recognises: (bytes) => /^(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|$)/u.test(bytes.toString('latin1', 0, 20)),
  load(source, uri) {
    const builder = createTextBuilder()
    for (const { start, text } of paragraphsOf(cuesOf(source))) builder.add('paragraph', text, [start])
    return {
      title: fileTitle(uri),
      mediaType: /^WEBVTT/u.test(source) ? 'text/vtt' : 'application/x-subrip',
      ...builder.finish(),
      linesMatchFile: false,
    }
  },
} satisfies TextLoader

interface Cue {
  /** In seconds. */
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

const TIME = String.raw`((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})`
const TIMES = new RegExp(`^\\s*${TIME}(?:\\s*-->\\s*|,)${TIME}(?:\\s|$)`, 'u')

/** The cues, without counters, names of cues, notes and styles: those stand in blocks without times. */
function cuesOf(source: string): Cue[] {
  const cues: { from: number; to: number; lines: string[] }[] = []
  let open: { from: number; to: number; lines: string[] } | undefined
  for (const line of source.split('\n')) {
    const times = TIMES.exec(line.slice(0, 100))
    if (times) {
      // Without a blank line before it, the counter of this cue was taken for words of the last one.
      if (/^\d+$/u.test(open?.lines.at(-1) ?? '')) open?.lines.pop()
      open = { from: secondsOf(times[1]), to: secondsOf(times[2]), lines: [] }
      cues.push(open)
    } else if (line.trim() === '') open = undefined
    else open?.lines.push(...wordsOf(line))
  }
  return cues
}

const secondsOf = (time = ''): number =>
  time
    .replace(',', '.')
    .split(':')
    .reduce((sum, part) => 60 * sum + Number(part), 0)

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  quot: '"',
  lrm: '',
  rlm: '',
}

/** The words of a line; a voice, as in `<v Ada>Hello`, is named before them. */
function wordsOf(line: string): string[] {
  const text = line
    .replace(/<v(?:\.[\w.-]{1,60})?\s([^<>]{1,100})>/gu, '$1: ')
    .replace(/<[^<>]{0,200}>|\{\\?[^{}]{0,100}\}/gu, '')
    .replace(/&(\w{2,4});/gu, (all, name: string) => ENTITIES[name] ?? all)
    .replaceAll('[br]', ' ')
  const words = oneLine(text)
  return words === '' ? [] : [words]
}

/** Silence that ends a paragraph, in seconds. */
const PAUSE = 4
/** A paragraph ends with its next sentence after this many UTF-16 code units, and at once after the second number. */
const ENOUGH_CHARACTERS = 500
const MAX_CHARACTERS = 1500
const ENDS_SENTENCE = /[.!?…。！？]["»”)\]]*$/u
/** What begins with it is said by somebody else. */
const TURN = /^(?:[-–—]\s?\S|>>|[\p{Lu}][\p{L} .'-]{0,40}:\s)/u

interface Paragraph {
  /** Such as `00:01:05`. */
  readonly start: string
  text: string
}

function paragraphsOf(cues: readonly Cue[]): Paragraph[] {
  const found: Paragraph[] = []
  let last = ''
  let to = 0
  for (const cue of cues) {
    let isAfterPause = cue.from - to > PAUSE
    for (const line of cue.lines) {
      // Rolling captions show each line again above the next one.
      if (line === last) continue
      last = line
      const open = found.at(-1)
      if (open === undefined || endsBefore(open.text, line, isAfterPause))
        found.push({ start: clockOf(cue.from), text: line })
      else open.text += ` ${line}`
      isAfterPause = false
    }
    to = Math.max(to, cue.to)
  }
  return found
}

function endsBefore(text: string, line: string, isAfterPause: boolean): boolean {
  if (TURN.test(line.slice(0, 60)) || text.length > MAX_CHARACTERS) return true
  return ENDS_SENTENCE.test(text.slice(-10)) && (isAfterPause || text.length > ENOUGH_CHARACTERS)
}

const clockOf = (seconds: number): string =>
  [seconds / 3600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join(':')
