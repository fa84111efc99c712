/** Every text, list and table of fields that a client sends has a bound in its schema, so that nobody forgets one. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { completionRequestSchema, readMessages } from '../../../src/api/completions.ts'
import type { Route } from '../../../src/api/routes/route.ts'
import { routes } from '../../../src/api/routes.ts'
import {
  MAX_HISTORY_ANSWER_CHARACTERS,
  MAX_HISTORY_CHARACTERS,
  MAX_HISTORY_TURNS,
  MAX_QUESTION_CHARACTERS,
} from '../../../src/domain/question.ts'
import { clientMessages } from '../../../src/protocol/messages.ts'

/** These have an error of their own, `question_too_long`: checkQuestion throws it before anything else is done. */
const CHECKED_LATER = new Set(['ask.question', 'ask.body.question', 'search.query', 'search.body.query'])

/** Paths of what has no bound. */
function unbounded(schema: z.core.$ZodType, path: string): string[] {
  if (CHECKED_LATER.has(path)) return []
  if (schema instanceof z.ZodString || schema instanceof z.ZodStringFormat) {
    const bounded = schema.maxLength !== null || schema.format === 'uuid'
    return bounded ? [] : [path]
  }
  if (schema instanceof z.ZodArray)
    return [...(isChecked(schema, 'max_length') ? [] : [path]), ...unbounded(schema.element, `${path}[]`)]
  if (schema instanceof z.ZodRecord)
    // There is no check of its own for the number of fields.
    return [
      ...(isChecked(schema, 'custom') ? [] : [path]),
      ...unbounded(schema.keyType, `${path} names`),
      ...unbounded(schema.valueType, `${path} values`),
    ]
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([name, inner]) => unbounded(inner, `${path}.${name}`))
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => unbounded(option, path))
  if (schema instanceof z.ZodPipe) {
    // `true`, `off` and the like.
    return schema.out instanceof z.ZodBoolean ? [] : unbounded(schema.in, path)
  }
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  )
    return unbounded(schema.unwrap(), path)
  if (BY_THEMSELVES.some((kind) => schema instanceof kind)) return []
  throw new Error(`${path}: what bounds a ${schema._zod.def.type}?`)
}

const isChecked = ({ _zod }: z.core.$ZodType, kind: string): boolean =>
  _zod.def.checks?.some((check) => check._zod.def.check === kind) ?? false

const BY_THEMSELVES = [z.ZodNumber, z.ZodBoolean, z.ZodLiteral, z.ZodEnum, z.ZodUndefined, z.ZodNull]

describe('what a client sends is bounded', () => {
  it.each(Object.entries(clientMessages))('message %s', (name, schema) => {
    expect(unbounded(schema, name)).toEqual([])
  })

  it.each(Object.entries<Route>(routes))('route %s', (name, { params, query, headers, body }) => {
    const parts = Object.entries({ params, query, headers, body })
    expect(parts.flatMap(([part, schema]) => unbounded(schema, `${name}.${part}`))).toEqual([])
  })

  it('chat completions', () => {
    expect(unbounded(completionRequestSchema, 'completions')).toEqual([])
  })

  it.each([
    ['a text', z.object({ x: z.string() }), ['m.x']],
    ['a pattern without an end', z.object({ x: z.string().regex(/^a*$/) }), ['m.x']],
    ['a list', z.object({ x: z.array(z.boolean()).min(1).optional() }), ['m.x']],
    ['fields', z.record(z.string().max(5), z.string()), ['m', 'm values']],
    ['what is one or the other', z.union([z.string().max(1), z.array(z.string()).max(3)]), ['m[]']],
  ])('and %s that is not would be found', (_, schema, found) => {
    expect(unbounded(schema, 'm')).toEqual(found)
  })
})

describe('fields of a filter', () => {
  const ask = (fields: number) =>
    clientMessages.ask.safeParse({
      type: 'ask',
      id: '5f0f2a57-0000-4000-8000-000000000000',
      question: 'why?',
      filter: { metadata: Object.fromEntries(Array.from({ length: fields }, (_, at) => [`k${at}`, 'v'])) },
    })

  it('are 32 at most', () => {
    expect(ask(32).success).toBe(true)
    expect(ask(33).error?.issues[0]).toMatchObject({
      path: ['filter', 'metadata'],
      message: expect.stringContaining('at most 32'),
    })
  })
})

describe('a history', () => {
  const ask = { type: 'ask', id: '5f0f2a57-0000-4000-8000-000000000000', question: 'why?' }
  const turn = (answer: number) => ({ question: 'q', answer: 'a'.repeat(answer) })
  const problem = (history: unknown) => clientMessages.ask.safeParse({ ...ask, history }).error?.issues[0]

  it('of as many and as long turns as are allowed is taken', () => {
    expect(problem(Array(MAX_HISTORY_TURNS).fill(turn(100)))).toBeUndefined()
    const most = MAX_HISTORY_CHARACTERS / MAX_HISTORY_ANSWER_CHARACTERS
    expect(problem(Array(most).fill(turn(MAX_HISTORY_ANSWER_CHARACTERS - 1)))).toBeUndefined()
  })

  it.each([
    ['a turn more', Array(MAX_HISTORY_TURNS + 1).fill(turn(1)), 'history', String(MAX_HISTORY_TURNS)],
    [
      'a long question',
      [{ question: 'q'.repeat(MAX_QUESTION_CHARACTERS + 1), answer: '' }],
      'history.0.question',
      '8192',
    ],
    ['a long answer', [turn(MAX_HISTORY_ANSWER_CHARACTERS + 1)], 'history.0.answer', '32768'],
    ['too much together', Array(9).fill(turn(MAX_HISTORY_ANSWER_CHARACTERS)), 'history', '262144'],
  ])('with %s is refused, and told where and why', (_, history, where, limit) => {
    const issue = problem(history)
    expect(issue?.path.join('.')).toBe(where)
    expect(issue?.message).toContain(limit)
  })
})

describe('messages of chat completions', () => {
  const question = { role: 'user', content: 'why?' }
  const problem = (...messages: unknown[]) =>
    completionRequestSchema.safeParse({ model: 'chatbot', messages }).error?.issues[0]

  it.each([
    [
      'a long system message',
      [{ role: 'system', content: 's'.repeat(32_769) }, question],
      'messages.0.content',
    ],
    ['a long question', [{ role: 'user', content: 'q'.repeat(8193) }], 'messages.0.content', '8192'],
    [
      'a long question in parts',
      [{ role: 'user', content: Array(10).fill({ type: 'text', text: 'q'.repeat(1000) }) }],
      'messages.0.content',
      '8192',
    ],
    ['many messages', Array(1001).fill(question), 'messages', '1000'],
    [
      'many parts',
      [{ role: 'user', content: Array(101).fill({ type: 'text', text: '' }) }],
      'messages.0.content',
    ],
    [
      'too much together',
      [...Array(9).fill({ role: 'assistant', content: 'a'.repeat(32_768) }), question],
      'messages',
      '262144',
    ],
  ])('with %s are refused', (_, messages, where, limit = '') => {
    const issue = problem(...messages)
    expect(issue?.path.join('.')).toBe(where)
    expect(JSON.stringify(issue)).toContain(limit)
  })

  it('are taken at their bounds; of the history the latest turns count', () => {
    const turn = [question, { role: 'assistant', content: 'because' }]
    const messages = [...Array(499).fill(turn).flat(), { role: 'user', content: 'q'.repeat(8192) }]
    const parsed = completionRequestSchema.parse({ model: 'chatbot', messages })
    expect(readMessages(parsed.messages).history).toHaveLength(MAX_HISTORY_TURNS)
  })
})
