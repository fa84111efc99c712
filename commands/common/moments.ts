import { ChatbotError } from '../../src/domain/errors.ts'

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time such as 90d, 12h or 30m, in milliseconds; throws `bad_request`. */
export function lengthOfTime(flag: string, text: string): number {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (number !== undefined && (unit === 'm' || unit === 'h' || unit === 'd'))
    return Number(number) * UNITS[unit]
  throw new ChatbotError(
    'bad_request',
    `${flag} takes a length of time such as 90d, 12h or 30m, not "${text}".`,
  )
}
