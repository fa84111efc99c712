import { z } from 'zod'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { printable } from '../domain/printable.ts'
import { paint } from './style.ts'

const entrySchema = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().optional() })

const LEVELS = [
  { from: 60, name: 'FATAL', format: 'magenta' },
  { from: 50, name: 'ERROR', format: 'red' },
  { from: 40, name: 'WARN', format: 'yellow' },
  { from: 30, name: 'INFO', format: 'green' },
  { from: 20, name: 'DEBUG', format: 'blue' },
  { from: 0, name: 'TRACE', format: 'gray' },
] as const

/** Formats a line of pino's JSON: time, level, message, then the other fields; other lines unchanged. */
export function logLine(line: string, stream: NodeJS.WriteStream): string {
  const parsed = entrySchema.safeParse(parseJsonOrUndefined(line))
  if (!parsed.success) return printable(line)
  const { level, time, msg = '', err, ...rest } = parsed.data
  const { name, format } = LEVELS.find(({ from }) => level >= from) ?? LEVELS[3]
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = [
    paint(stream, 'dim', new Date(time).toISOString()),
    paint(stream, format, name.padEnd(5)),
    printable(msg),
    ...(details.length === 0 ? [] : [paint(stream, 'dim', printable(details.join(' ')))]),
  ].join(' ')
  const stack = stackOf(err)
  return stack === undefined ? head : `${head}\n${printable(stack)}`
}

function stackOf(err: unknown): string | undefined {
  if (typeof err !== 'object' || err === null) return undefined
  if ('stack' in err && typeof err.stack === 'string') return err.stack
  return 'message' in err ? String(err.message) : undefined
}
