/**
 * The parts of the documentation that are made from the code: `npm run docs` writes them, and
 * test/unit/docs/reference.test.ts fails when a page and the code differ.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isNode, isScalar, parseDocument, type YAMLMap } from 'yaml'
import { z } from 'zod'
import { packageRoot } from '../src/config/package-root.ts'
import { PROJECT_KEYS, SETTINGS } from '../src/config/schema.ts'
import { ERRORS } from '../src/domain/errors.ts'
import { CLOSE_CODES, FRAME_TOO_LARGE } from '../src/protocol/close-codes.ts'
import { clientMessages, serverMessages } from '../src/protocol/messages.ts'
import { retrievalOptionsSchema } from '../src/protocol/retrieval.ts'
import * as shapes from '../src/protocol/shapes.ts'

interface Part {
  readonly page: string
  /** Stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
  readonly name: string
  readonly text: string
}

const SHAPES: readonly (readonly [string, z.ZodObject])[] = [
  ['Passage', shapes.passageSchema],
  ['Citation', shapes.citationSchema],
  ['Answer', shapes.answerSchema],
  ['Turn', shapes.turnSchema],
  ['Conversation', shapes.conversationSchema],
  ['EarlierTurn', shapes.earlierTurnSchema],
  ['Filter', shapes.filterSchema],
  ['Retrieval', retrievalOptionsSchema],
]

export const parts: readonly Part[] = [
  { page: 'docs/CONFIGURATION.md', name: 'settings', text: settings() },
  {
    page: 'docs/CONFIGURATION.md',
    name: 'project-keys',
    text: PROJECT_KEYS.map((key) => `- \`${key}\``).join('\n'),
  },
  { page: 'docs/PROTOCOL.md', name: 'resuming-client', text: program('examples/resuming-client.mjs') },
  { page: 'docs/PROTOCOL.md', name: 'client-messages', text: messages(clientMessages) },
  { page: 'docs/PROTOCOL.md', name: 'server-messages', text: messages(serverMessages) },
  { page: 'docs/PROTOCOL.md', name: 'shapes', text: sharedShapes() },
  { page: 'docs/PROTOCOL.md', name: 'close-codes', text: closeCodes() },
  { page: 'docs/PROTOCOL.md', name: 'error-codes', text: errorCodes() },
  { page: 'deploy/helm/chatbot/README.md', name: 'values', text: chartValues() },
]

/** The page's text with this part as the code says. */
export function withPart(page: string, { name, text }: Part): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`]
  const start = page.indexOf(begin)
  const stop = page.indexOf(end)
  if (start < 0 || stop < start) throw new Error(`the page has no part ${name}`)
  return `${page.slice(0, start + begin.length)}\n${text}\n${page.slice(stop)}`
}

export function writePages(): void {
  for (const part of parts) {
    const file = join(packageRoot(), part.page)
    writeFileSync(file, withPart(readFileSync(file, 'utf8'), part))
  }
}

function settings(): string {
  const rows = SETTINGS.map(
    ({ key, env, description, default: value }) =>
      `| \`${key}\` | \`${env.replace('*', 'NAME')}\` | ${value === undefined ? '' : `\`${JSON.stringify(value)}\``} | ${description} |`,
  )
  return ['| setting | environment | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function program(path: string): string {
  return `\`\`\`js\n${readFileSync(join(packageRoot(), path), 'utf8').trim()}\n\`\`\``
}

/** A row for each value of the chart: its default, and the comment above it. */
function chartValues(): string {
  const text = readFileSync(join(packageRoot(), 'deploy/helm/chatbot/values.yaml'), 'utf8')
  const rows: string[] = []
  const walk = (map: YAMLMap, prefix: string) => {
    for (const [index, { key, value }] of map.items.entries()) {
      if (!isScalar(key)) continue
      // The comment above the first key of a map belongs to the map.
      const above = (index === 0 ? (map.commentBefore ?? '') : '') || (key.commentBefore ?? '')
      const comment = above.split('\n\n').at(-1)?.trim() || ''
      const name = prefix + String(key.value)
      if (isMap(value) && value.items.length > 0 && comment === '') walk(value, `${name}.`)
      else if (comment === '') throw new Error(`values.yaml: ${name} has no comment`)
      else
        rows.push(
          `| \`${name}\` | \`${JSON.stringify(isNode(value) ? value.toJSON() : value)}\` | ${comment} |`,
        )
    }
  }
  const { contents } = parseDocument(text)
  if (!isMap(contents)) throw new Error('values.yaml is no map')
  walk(contents, '')
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

function messages(all: Record<string, z.ZodObject>): string {
  return Object.entries(all)
    .map(([name, schema]) =>
      `### \`${name}\`\n\n${schema.description ?? ''}\n\n${fields(schema, ['type'])}`.trimEnd(),
    )
    .join('\n\n')
}

function sharedShapes(): string {
  return SHAPES.map(([name, schema]) => `### ${name}\n\n${fields(schema, [])}`).join('\n\n')
}

function fields(schema: z.ZodObject, without: readonly string[]): string {
  const rows = Object.entries(schema.shape)
    .filter(([name]) => !without.includes(name))
    .map(([name, field]) => {
      const type = z.instanceof(z.ZodType).parse(field)
      const optional = type.safeParse(undefined).success
      return `| \`${name}\`${optional ? '?' : ''} | ${typeName(type)} | ${description(type)} |`
    })
  return rows.length === 0 ? '' : ['| field | type | |', '|---|---|---|', ...rows].join('\n')
}

function description(type: z.ZodType): string {
  if (type.description !== undefined) return type.description
  return type instanceof z.ZodOptional && type.unwrap() instanceof z.ZodType
    ? description(z.instanceof(z.ZodType).parse(type.unwrap()))
    : ''
}

function typeName(type: unknown): string {
  const named = SHAPES.find(([, schema]) => schema === type)
  if (named !== undefined) return `[${named[0]}](#${named[0].toLowerCase()})`
  if (type instanceof z.ZodOptional || type instanceof z.ZodReadonly) return typeName(type.unwrap())
  if (type instanceof z.ZodArray) return `${typeName(type.element)}[]`
  if (type instanceof z.ZodEnum)
    return type === shapes.errorBodySchema.shape.code
      ? '[code](#error-codes)'
      : type.options.map((option) => `\`${option}\``).join(', ')
  if (type instanceof z.ZodLiteral) return `\`${JSON.stringify(type.value)}\``
  if (type instanceof z.ZodUnion) return type.options.map(typeName).join(' or ')
  if (type instanceof z.ZodRecord) return 'object'
  if (type instanceof z.ZodObject)
    return `{ ${Object.entries(type.shape)
      .map(([name, field]) => {
        const optional = z.instanceof(z.ZodType).parse(field).safeParse(undefined).success
        return `${name}${optional ? '?' : ''}: ${typeName(field)}`
      })
      .join('; ')} }`
  if (type instanceof z.ZodNumber) return type.format === 'safeint' ? 'integer' : 'number'
  if (type instanceof z.ZodBoolean) return 'boolean'
  if (type instanceof z.ZodUUID) return 'string (UUID)'
  if (type instanceof z.ZodISODateTime) return 'string (ISO 8601)'
  if (type instanceof z.ZodString) return 'string'
  throw new Error('a field of the protocol has a type that the documentation cannot name')
}

function closeCodes(): string {
  const rows = Object.values(CLOSE_CODES).map(
    ({ code, reason }) => `| ${code} | ${reason} | ${code < 4500 ? 'no' : 'yes, with backoff'} |`,
  )
  return [
    '| code | why | connect again? |',
    '|---|---|---|',
    `| ${FRAME_TOO_LARGE} | a frame was larger than \`welcome.limits.maxFrameBytes\` | no |`,
    ...rows,
  ].join('\n')
}

function errorCodes(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, kind]) => `| \`${code}\` | ${kind.http} | ${kind.exit} | ${'transient' in kind ? 'yes' : 'no'} |`,
  )
  return [
    '| code | HTTP status | exit status of the command line | try again later |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}

if (import.meta.main) writePages()
