import { inspect } from 'node:util'
import { DrizzleQueryError } from 'drizzle-orm'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ChatbotError } from '../../../../src/domain/errors.ts'
import { isConflict, translate } from '../../../../src/store/database/errors.ts'

describe('a database error', () => {
  it.each([
    ['53100', 'disk_full'],
    ['57P01', 'database_unreachable'],
    ['08006', 'database_unreachable'],
    ['53300', 'database_unreachable'],
    ['28P01', 'database_setup'],
    ['3D000', 'database_setup'],
    ['42501', 'database_setup'],
    ['XX001', 'database_corrupt'],
    ['22021', 'invalid_encoding'],
    ['57014', 'timeout'],
    ['42601', 'internal'],
  ])('with SQLSTATE %s is %s', (code, expected) => {
    const error = translate(withCode(code))
    expect(error).toMatchObject({
      code: expected,
      message: expect.not.stringContaining('what happened'),
      detail: expect.stringContaining('what happened'),
    })
  })

  it('is found under what wraps it, and the cause has the statement without its values', () => {
    const wrapped = new DrizzleQueryError('insert into asks values ($1)', ['Who is it?'], withCode('53100'))
    const error = translate(wrapped)
    expect(error.code).toBe('disk_full')
    const cause = z.instanceof(Error).parse(error.cause)
    expect(cause.stack).toMatch(/53100 .* in: insert into asks values \(\$1\)\n\s+at /)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('Who is it?')
  })

  it('of a lost connection is known without a code', () => {
    const lost = new Error('Connection terminated unexpectedly')
    expect(translate(lost).code).toBe('database_unreachable')
    expect(translate(new TypeError('x is not a function')).code).toBe('internal')
    expect(translate('text').code).toBe('internal')
  })

  it('that has a code of ours stays as it is', () => {
    const ours = new ChatbotError('id_reused', 'Already used.')
    expect(translate(ours)).toBe(ours)
  })

  it.each([
    ['40P01', true],
    ['40001', true],
    ['23505', false],
  ])('%s is worth another attempt: %s', (code, expected) => {
    expect(isConflict(new Error('wrapped', { cause: withCode(code) }))).toBe(expected)
  })
})

function withCode(code: string): pg.DatabaseError {
  const error = new pg.DatabaseError('what happened', 0, 'error')
  error.code = code
  return error
}
