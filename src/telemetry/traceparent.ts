/**
 * The current span as W3C trace context, for messages to other processes. A module without imports: commands
 * that are not traced load nothing of OpenTelemetry.
 */
let read: () => string | undefined = () => undefined

/** Undefined while nothing is traced. */
export const traceparent = (): string | undefined => read()

export const provideTraceparent = (from: () => string | undefined): void => {
  read = from
}
