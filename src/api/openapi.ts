/** The OpenAPI 3.1 document of the HTTP API, generated from the routes. */
import { z } from 'zod'
import * as shapes from '../protocol/shapes.ts'
import { statusSchema } from './routes/daemon.ts'
import { jobSchema } from './routes/jobs.ts'
import type { Route } from './routes/route.ts'
import { API_PREFIX, routes } from './routes.ts'
import { errorResponseSchema } from './schemas.ts'

/** Shapes that have a name in the document, so that a generated client has a type of that name. */
const names = z.registry<{ id: string }>()
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Answer: shapes.answerSchema,
  Citation: shapes.citationSchema,
  Conversation: shapes.conversationSchema,
  Error: errorResponseSchema,
  Filter: shapes.filterSchema,
  Job: jobSchema,
  Passage: shapes.passageSchema,
  Status: statusSchema,
  Turn: shapes.turnSchema,
}
for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { id })

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
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: namedSchemas(),
    },
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

/** The shapes with names, each a reference to it wherever another holds it. */
function namedSchemas(): Record<string, unknown> {
  const { schemas } = z.toJSONSchema(names, { unrepresentable: 'any', uri: referenceTo })
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _uri, id: _name, ...rest }]) => [
      name,
      rest,
    ]),
  )
}

/** A reference if the schema has a name. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const name = names.get(schema)?.id
  if (name !== undefined) return { $ref: referenceTo(name) }
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    metadata: names,
  })
  return JSON.parse(JSON.stringify(made), (key, value: unknown) => {
    if (key === '$defs') return undefined
    return key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', referenceTo('')) : value
  })
}

const referenceTo = (name: string) => `#/components/schemas/${name}`
