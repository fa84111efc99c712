/**
 * Formats sizes, durations and counts for people, in one place. Node.js 22 has no Intl.DurationFormat, and
 * Intl.NumberFormat writes 10⁹ bytes as `1BB`.
 */
import prettyBytes from 'pretty-bytes'
import prettyMs from 'pretty-ms'

/** Decimal units, three digits: `35.6 MB`. */
export const bytes = (count: number): string => prettyBytes(count)

/** With the precision people need: `2.5ms`, `340ms`, `4.2s`, `3m 5s`, `2h 10m`. */
export function duration(ms: number): string {
  const step = ms < 10 ? 0.1 : ms < 1000 ? 1 : ms < 10_000 ? 100 : ms < 3_600_000 ? 1000 : 60_000
  const rounded = Math.round(ms / step) * step
  return prettyMs(rounded, { unitCount: 2, millisecondsDecimalDigits: rounded < 10 ? 1 : 0 })
}

/** How long to wait, rounded up, so that nobody comes back too early. */
export function atLeast(ms: number): string {
  const step = ms < 120_000 ? 1000 : 60_000
  return duration(Math.ceil(ms / step) * step)
}

/** `just now`, `5m ago`, `2d ago`; clocks of two machines may differ. */
export const ago = (ms: number): string =>
  ms < 60_000 ? 'just now' : `${prettyMs(ms, { compact: true })} ago`

/** `1 file`, `2 files`. */
export const count = (number: number, noun: string, plural = `${noun}s`): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? noun : plural}`
