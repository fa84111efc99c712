/**
 * The current span as W3C trace context, for messages to other processes. A module without imports, so that
 * untraced commands don't load OpenTelemetry.
 */
let read: () => string | undefined = () => undefined

/** Undefined if tracing is off. */
export const traceparent = (): string | undefined => read()

/** UTF-16 code units of a caller's value; version 00 has 55. */
export const MAX_TRACEPARENT_CHARACTERS = 128

export const provideTraceparent = (from: () => string | undefined): void => {
  read = from
}
