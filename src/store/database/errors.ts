import pg from 'pg'
import { ChatbotError, type ErrorCode } from '../../domain/errors.ts'

/** Deadlock or serialization failure: this transaction should retry. */
export function isConflict(thrown: unknown): boolean {
  const { code } = origin(thrown)
  return code === '40P01' || code === '40001'
}

/** The connection timed out: it is dropped, without a rollback. */
export const isSilence = (thrown: unknown): boolean => origin(thrown).message === 'Query read timeout'

/** The statement failed, but its connection is fine. */
export const isOfStatement = (thrown: unknown): boolean =>
  thrown instanceof pg.DatabaseError && thrown.severity === 'ERROR'

/** Converts errors of the database or its connection to errors with a stable code. */
export function translate(thrown: unknown): ChatbotError {
  if (thrown instanceof ChatbotError) return thrown
  const { code, message } = origin(thrown)
  const known = classify(code, message)
  const explanation = UNTRUSTED.test(code) ? UNTRUSTED_EXPLANATION : EXPLANATIONS[known]
  return new ChatbotError(known, `${explanation}.`, {
    cause: withoutValues(thrown),
    detail: message,
    retryAfterMs: known === 'database_unreachable' ? UNREACHABLE_RETRY_MS : undefined,
  })
}

const UNTRUSTED_EXPLANATION =
  'The certificate of the database is not trusted; name its CA in the URL: ?sslmode=verify-full&sslrootcert=/path/ca.pem'

const UNREACHABLE_RETRY_MS = 2000

type StoreErrorCode = Extract<
  ErrorCode,
  | 'database_unreachable'
  | 'database_setup'
  | 'database_corrupt'
  | 'timeout'
  | 'disk_full'
  | 'invalid_encoding'
  | 'internal'
>

const EXPLANATIONS: Record<StoreErrorCode, string> = {
  database_unreachable:
    'The database does not respond; check that it is running and that its address is right',
  database_setup: 'The database refuses this user; ask its administrator for access',
  database_corrupt: 'The database is damaged; restore a backup',
  timeout: 'The database took longer than database.statementTimeoutMs',
  disk_full: 'The disk of the database is full; free some space and try again',
  invalid_encoding: 'The text cannot be stored, because it contains NUL or broken characters',
  internal: 'The database failed',
}

/** SQLSTATE classes and codes: https://www.postgresql.org/docs/17/errcodes-appendix.html */
function classify(code: string, message: string): StoreErrorCode {
  if (code === '53100' || code === 'ENOSPC' || /no space left on device/i.test(message)) return 'disk_full'
  if (code === '57014') return 'timeout'
  if (/^(08|57P|53300|ECONN|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_)/.test(code)) {
    return 'database_unreachable'
  }
  if (/^(28|3D000|42501)/.test(code) || UNTRUSTED.test(code)) return 'database_setup'
  if (/^(XX001|XX002|58P01|58030)/.test(code)) return 'database_corrupt'
  if (/^(22021|22P05)/.test(code)) return 'invalid_encoding'
  return code === '' && CONNECTION_LOST.test(message) ? 'database_unreachable' : 'internal'
}

/** Node's messages for certificates that it does not trust. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT_ALTNAME_INVALID)/

/** Errors that `pg` throws without a code. */
const CONNECTION_LOST =
  /^(Connection terminated|Query read timeout|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after calling end|Client was closed)/

/** The same error without the statement's parameters, which contain questions and documents: causes are logged. */
function withoutValues(thrown: unknown): Error {
  const { code, message } = origin(thrown)
  const statement =
    thrown instanceof Error && 'query' in thrown && typeof thrown.query === 'string'
      ? ` in: ${thrown.query}`
      : ''
  const cause = new Error(`${code} ${message}${statement}`.trim())
  const stack = (thrown instanceof Error && thrown.stack) || ''
  const frames = stack.search(/\n[ \t]+at /)
  if (frames >= 0) cause.stack = `${cause.message}${stack.slice(frames)}`
  return cause
}

/** The innermost error: drizzle and `pg` wrap the original. */
function origin(thrown: unknown): { code: string; message: string } {
  if (!(thrown instanceof Error)) return { code: '', message: String(thrown) }
  if (thrown.cause instanceof Error) return origin(thrown.cause)
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''
  // An AggregateError of several failed addresses has a code but no message.
  return { code, message: thrown.message || code }
}
