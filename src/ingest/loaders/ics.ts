import { oneLine } from '../../text/lines.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { addText, listLine, MAX_INLINE_CHARACTERS } from './writing/records.ts'
import { createTextBuilder, type TextBuilder } from './writing/text-builder.ts'

/** Calendars: each event, task and journal entry is a section named by its summary, with a line for each field. */
export const ics = {
  reads: 'text',
  name: 'iCalendar',
  extensions: ['ics', 'ical', 'ifb'],
  recognises: (bytes) => /^(?:\xef\xbb\xbf)?BEGIN:VCALENDAR\r?\n/iu.test(bytes.toString('latin1', 0, 40)),
  load(source, uri) {
    const builder = createTextBuilder()
    const { name, entries } = read(source)
    for (const entry of entries) writeEntry(builder, entry)
    return {
      title: name || fileTitle(uri),
      mediaType: 'text/calendar',
      ...builder.finish(),
      linesMatchFile: false,
    }
  },
} satisfies TextLoader

interface Property {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
  readonly value: string
}

const ENTRIES = new Set(['VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY'])

/** The calendar's name and its entries; alarms inside entries and the rules of time zones say nothing to people. */
function read(source: string): { name: string; entries: Property[][] } {
  const entries: Property[][] = []
  let name = ''
  const open: string[] = []
  for (const line of source.replace(/\n[ \t]/gu, '').split('\n')) {
    const property = propertyOf(line)
    if (property === undefined) continue
    const component = property.value.trim().toUpperCase()
    if (property.name === 'BEGIN') {
      open.push(component)
      if (ENTRIES.has(component)) entries.push([])
    } else if (property.name === 'END') {
      if (open.at(-1) === component) open.pop()
    } else if (ENTRIES.has(open.at(-1) ?? '')) entries.at(-1)?.push(property)
    else if (property.name === 'X-WR-CALNAME' || property.name === 'NAME')
      name ||= oneLine(plain(property.value))
  }
  return { name, entries }
}

/** `NAME;PARAMETER=value:value`; values of parameters may be quoted, with colons inside. */
function propertyOf(line: string): Property | undefined {
  const name = /^[\w-]{1,60}(?=[;:])/u.exec(line)?.[0]
  if (name === undefined) return undefined
  const parameters = new Map<string, string>()
  const parameter = /;([\w-]{1,60})=("[^"]*"|[^;:"]*)/uy
  let at = name.length
  parameter.lastIndex = at
  for (let found = parameter.exec(line); found; found = parameter.exec(line)) {
    parameters.set((found[1] ?? '').toUpperCase(), (found[2] ?? '').replaceAll('"', ''))
    at = parameter.lastIndex
  }
  return line[at] === ':' ? { name: name.toUpperCase(), parameters, value: line.slice(at + 1) } : undefined
}

const plain = (value: string): string =>
  value.replace(/\\([\\;,nN])/gu, (_, escaped: string) => (/n/iu.test(escaped) ? '\n' : escaped))

/** What people read of an entry, in this order. */
const LABELS: Readonly<Record<string, string>> = {
  SUMMARY: 'Event',
  DTSTART: 'Start',
  DTEND: 'End',
  DUE: 'Due',
  DURATION: 'Duration',
  RRULE: 'Repeats',
  EXDATE: 'Not on',
  LOCATION: 'Location',
  DESCRIPTION: 'Description',
  COMMENT: 'Comment',
  ORGANIZER: 'Organizer',
  ATTENDEE: 'Attendees',
  CONTACT: 'Contact',
  CATEGORIES: 'Categories',
  STATUS: 'Status',
  COMPLETED: 'Completed',
  URL: 'URL',
}

function writeEntry(builder: TextBuilder, properties: readonly Property[]): void {
  const values = new Map<string, string[]>()
  for (const property of properties) {
    const known = values.get(property.name)
    if (known) known.push(shownValue(property))
    else values.set(property.name, [shownValue(property)])
  }
  const title = oneLine(values.get('SUMMARY')?.[0] ?? '').slice(0, MAX_INLINE_CHARACTERS)
  const headings = title === '' ? [] : [title]
  if (title !== '') builder.add('heading', title, [])
  const fields = Object.entries(LABELS).flatMap(([name, label]) => {
    const value = (values.get(name) ?? []).join(', ').trim()
    return value === '' || (name === 'SUMMARY' && value === title) ? [] : [{ label, value }]
  })
  const short = fields.filter(({ value }) => value.length <= MAX_INLINE_CHARACTERS)
  builder.add('list', short.map(({ label, value }) => listLine(label, value)).join('\n'), headings)
  for (const { label, value } of fields)
    if (value.length > MAX_INLINE_CHARACTERS) addText(builder, value, [...headings, label])
}

function shownValue(property: Property): string {
  const { name, parameters, value } = property
  switch (name) {
    case 'DTSTART':
    case 'DUE':
    case 'COMPLETED':
    case 'EXDATE':
      return value
        .split(',')
        .map((each) => timeOf(each, parameters.get('TZID')))
        .join(', ')
    case 'DTEND':
      // The end of whole days is the day after the last one.
      return timeOf(/^\d{8}$/u.test(value.trim()) ? dayBefore(value.trim()) : value, parameters.get('TZID'))
    case 'DURATION':
      return durationOf(value)
    case 'RRULE':
      return ruleOf(value)
    case 'ORGANIZER':
    case 'ATTENDEE':
      return personOf(parameters.get('CN'), value)
    default:
      return plain(value)
  }
}

/** `20260312T180000Z` as `2026-03-12 18:00 UTC`; anything else as it is. */
function timeOf(value: string, zone: string | undefined): string {
  const found = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$/u.exec(value.trim())
  if (!found) return plain(value)
  const [, year, month, day, hour, minute, , utc] = found
  const date = `${year}-${month}-${day}`
  if (hour === undefined) return date
  return `${date} ${hour}:${minute}${utc ? ' UTC' : zone ? ` (${zone.slice(0, 60)})` : ''}`
}

function dayBefore(date: string): string {
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)].map(Number)
  const before = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, (day ?? 1) - 1))
  return before.toISOString().slice(0, 10).replaceAll('-', '')
}

const UNITS: Readonly<Record<string, string>> = {
  W: 'weeks',
  D: 'days',
  H: 'hours',
  M: 'minutes',
  S: 'seconds',
}

/** `PT1H30M` as `1 hours 30 minutes`. */
const durationOf = (value: string): string =>
  Array.from(
    value.matchAll(/(\d{1,6})([WDHMS])/gu),
    ([, count, unit]) => `${count} ${UNITS[unit ?? '']}`,
  ).join(' ') || value

/** `FREQ=WEEKLY;BYDAY=MO,WE` as `weekly, by day MO, WE`. */
const ruleOf = (value: string): string =>
  value
    .slice(0, 1000)
    .split(';')
    .map((part) => {
      const [key = '', setting = ''] = part.split('=')
      if (key === 'FREQ') return setting.toLowerCase()
      if (key === 'UNTIL') return `until ${timeOf(setting, undefined)}`
      if (key === 'COUNT') return `${setting} times`
      return `${key.toLowerCase().replace(/^by/u, 'by ')} ${setting.replaceAll(',', ', ')}`
    })
    .join(', ')

function personOf(name: string | undefined, value: string): string {
  const address = value.replace(/^mailto:/iu, '').trim()
  return name === undefined || name === address ? address : `${name} <${address}>`
}
