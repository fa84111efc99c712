/** The OpenAPI 3.1 document of the HTTP API, generated from the routes. */
import { z } from 'zod'
import type { Route } from './routes/route.ts'
import { API_PREFIX, routes } from './routes.ts'
import { errorResponseSchema } from './schemas.ts'

const json = (schema: z.ZodType, io: 'input' | 'output') => ({
  'application/json': { schema: jsonSchema(schema, io) },
})

export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = API_PREFIX + route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'chatbot',
      version,
      description: 'Questions, documents, collections, conversations and the state of the daemon.',
    },
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  }
}

function operation(name: string, route: Route): Record<string, unknown> {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.open ? { security: [] } : {}),
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
    ],
    ...requestBody(route),
    responses: {
      200: {
        description: 'Done',
        content: responseContent(route),
      },
      default: { description: 'An error', content: json(errorResponseSchema, 'output') },
    },
  }
}

function responseContent({ download, events, response }: Route): Record<string, unknown> {
  if (download) return { 'application/octet-stream': {} }
  return {
    ...(events === 'only' ? {} : json(response, 'output')),
    ...(events === undefined ? {} : { 'text/event-stream': { schema: { type: 'string' } } }),
  }
}

function requestBody({ upload, body }: Route): Record<string, unknown> {
  if (upload === true) return { requestBody: { required: true, content: { 'application/octet-stream': {} } } }
  if (body instanceof z.ZodUndefined) return {}
  const required = !body.safeParse(undefined).success
  return { requestBody: { required, content: json(body, 'input') } }
}

function parameters(place: 'path' | 'query' | 'header', schema: z.ZodObject): Record<string, unknown>[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = z.instanceof(z.ZodType).parse(field)
    return {
      name,
      in: place,
      required: place === 'path' || !type.safeParse(undefined).success,
      schema: jsonSchema(type, 'input'),
    }
  })
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
