/** OpenTelemetry spans; almost free until tracing.ts starts tracing. They never contain questions or answers. */
import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { ChatbotError } from '../domain/errors.ts'
import { MAX_TRACEPARENT_CHARACTERS } from '../domain/traceparent.ts'

export interface SpanOptions {
  readonly attributes?: Attributes
  readonly kind?: SpanKind
  /** W3C trace context of the caller; if absent or too long, the span is a child of the current one. */
  readonly parent?: string | undefined
}

const tracer = trace.getTracer('chatbot')

export function inSpan<T>(
  name: string,
  { attributes = {}, kind = SpanKind.INTERNAL, parent }: SpanOptions,
  work: () => Promise<T>,
): Promise<T> {
  const from =
    parent === undefined || parent.length > MAX_TRACEPARENT_CHARACTERS
      ? context.active()
      : propagation.extract(context.active(), { traceparent: parent })
  return tracer.startActiveSpan(name, { attributes, kind }, from, async (span) => {
    try {
      return await work()
    } catch (thrown) {
      const code = ChatbotError.wrap(thrown).code
      span.setAttribute('error.type', code)
      span.setStatus({ code: SpanStatusCode.ERROR, message: code })
      throw thrown
    } finally {
      span.end()
    }
  })
}

/** A span for PostgreSQL work within a trace; background work creates none. */
export function inDatabaseSpan<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (trace.getActiveSpan() === undefined) return work()
  return inSpan(name, { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql' } }, work)
}

/** Adds attributes to the current span. */
export const annotate = (attributes: Attributes): void => {
  trace.getActiveSpan()?.setAttributes(attributes)
}
