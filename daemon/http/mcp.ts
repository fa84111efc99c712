/** MCP over streamable HTTP, for clients of any revision since 2025; each request is the caller's, and holds nothing after it. */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { createMcpHandler } from '@modelcontextprotocol/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { askOnce } from '../../src/answers/once.ts'
import { routes } from '../../src/api/routes.ts'
import type { ChatbotError } from '../../src/domain/errors.ts'
import type { Library } from '../../src/mcp/library.ts'
import { mcpServer } from '../../src/mcp/server.ts'
import { type EndpointContext, read } from './endpoint.ts'
import { endpoints } from './endpoints.ts'

const MCP_PATH = '/mcp'

/** JSON-RPC's code for what the server cannot do, whatever the reason; `data.code` tells more. */
const SERVER_ERROR = -32_000

export interface McpOptions {
  readonly version: string
  /** Authenticates the caller; throws `unauthenticated`. */
  readonly enter: (request: FastifyRequest, reply: FastifyReply) => Promise<EndpointContext>
  /** Converts what was thrown, and sets the status and the headers of the reply. */
  readonly refuse: (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => ChatbotError
}

export function registerMcp(app: FastifyInstance, { version, enter, refuse }: McpOptions): void {
  app.register(async (front) => {
    front.setErrorHandler((thrown, request, reply) => {
      const { code, message } = refuse(thrown, request, reply)
      return reply.send({ jsonrpc: '2.0', id: null, error: { code: SERVER_ERROR, message, data: { code } } })
    })

    front.route({
      method: ['GET', 'POST', 'DELETE'],
      url: MCP_PATH,
      async handler(request, reply) {
        const context = await enter(request, reply)
        const handler = createMcpHandler(() => mcpServer(libraryOf(context), version))
        reply.raw.once('close', () => void handler.close())
        const response = await handler.fetch(asWebRequest(request, context.signal), {
          parsedBody: request.body,
        })
        reply.code(response.status)
        for (const [name, value] of response.headers) reply.header(name, value)
        // Without this, nginx would hold the stream back.
        reply.header('x-accel-buffering', 'no')
        return reply.send(response.body === null ? null : Readable.fromWeb(response.body))
      },
    })
  })
}

function asWebRequest({ method, url, headers }: FastifyRequest, signal: AbortSignal): Request {
  const sent = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [value].flat().map((each) => [name, each]),
  )
  // The address is not used; a host that the client names is not to be trusted.
  return new Request(new URL(url, 'http://localhost'), { method, headers: sent, signal })
}

/** The documents as the caller may read them. */
function libraryOf(caller: EndpointContext): Library {
  const within = (signal: AbortSignal): EndpointContext => ({
    ...caller,
    signal: AbortSignal.any([caller.signal, signal]),
  })
  const nothing = { params: {}, query: {}, headers: {}, body: undefined }
  return {
    search: (body, { signal }) => endpoints.search(read(routes.search, { ...nothing, body }), within(signal)),
    ask: (request, { signal }) =>
      askOnce(
        caller.services.answers,
        caller.principal,
        { id: randomUUID(), ...request },
        within(signal).signal,
      ),
    text: ({ document, start, end }, { signal }) =>
      endpoints.getDocumentText(
        read(routes.getDocumentText, {
          ...nothing,
          params: { reference: document },
          query: { start, end },
        }),
        within(signal),
      ),
    documents: (query, { signal }) =>
      endpoints.listDocuments(read(routes.listDocuments, { ...nothing, query }), within(signal)),
    collections: ({ signal }) =>
      endpoints.listCollections(read(routes.listCollections, nothing), within(signal)),
  }
}
