/**
 * Starts OpenTelemetry if its standard variables ask for it: OTEL_EXPORTER_OTLP_ENDPOINT or
 * OTEL_EXPORTER_OTLP_TRACES_ENDPOINT. OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES and the exporter's variables
 * work too; OTEL_TRACES_SAMPLER_ARG is the sampling ratio.
 */
import { tracingChannel } from 'node:diagnostics_channel'
import type { Span } from '@opentelemetry/api'
import { provideTraceparent } from '../domain/traceparent.ts'

export const tracingWanted = (env: NodeJS.ProcessEnv): boolean =>
  env.OTEL_SDK_DISABLED !== 'true' &&
  env.OTEL_TRACES_EXPORTER !== 'none' &&
  [env.OTEL_EXPORTER_OTLP_ENDPOINT, env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT].some((url) => (url ?? '') !== '')

/** Resolves with a function that flushes the last spans and shuts down. */
export async function startTracing(
  env: NodeJS.ProcessEnv,
  service: string,
  version: string,
): Promise<() => Promise<void>> {
  const [api, sdk, exporter, hooks, core, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/resources'),
  ])
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ 'service.name': service, 'service.version': version }))
      // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last so that they win.
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio(env)) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new exporter.OTLPTraceExporter() })],
  })
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable())
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  api.trace.setGlobalTracerProvider(provider)
  provideTraceparent(() => {
    const carrier: { traceparent?: string } = {}
    api.propagation.inject(api.context.active(), carrier)
    return carrier.traceparent
  })
  traceRedis(api)
  return async () => {
    await provider.shutdown().catch(() => undefined)
  }
}

/** A span for each ioredis command within a trace. */
function traceRedis({ trace, SpanKind, SpanStatusCode }: typeof import('@opentelemetry/api')): void {
  const spans = new WeakMap<object, Span>()
  const end = (message: object) => {
    spans.get(message)?.end()
    spans.delete(message)
  }
  tracingChannel<unknown, { command: string }>('ioredis:command').subscribe({
    start(message) {
      if (trace.getActiveSpan() === undefined) return
      const attributes = { 'db.system.name': 'redis', 'db.operation.name': message.command }
      const options = { kind: SpanKind.CLIENT, attributes }
      spans.set(message, trace.getTracer('chatbot').startSpan(`redis ${message.command}`, options))
    },
    end() {},
    asyncStart() {},
    asyncEnd: end,
    error(message) {
      spans.get(message)?.setStatus({ code: SpanStatusCode.ERROR })
    },
  })
}

function ratio({ OTEL_TRACES_SAMPLER_ARG: share }: NodeJS.ProcessEnv): number {
  const given = Number(share)
  return share === undefined || share === '' || !(given >= 0 && given <= 1) ? 1 : given
}
