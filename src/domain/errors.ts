import type { Principal } from './principal.ts'

interface ErrorKind {
  /** Status of the HTTP API. */
  readonly http: number
  /** Exit status of the command line. */
  readonly exit: number
  /**
   * Passes by itself, so the same request may succeed later: the daemon cannot take it now, or a remote service that
   * it needs cannot.
   */
  readonly transient?: 'daemon' | 'remote'
}

/**
 * Every error that users, clients and scripts can get, in one append-only list. The code is stable.
 *
 * Exit statuses: 1 failed, 2 usage, 3 not configured, 4 unauthenticated or forbidden, 5 unreachable, 6 rate
 * limited or overloaded, 7 timed out, 8 partial, 9 not found, 10 a bound of `chatbot eval` was missed, 130
 * interrupted.
 */
export const ERRORS = {
  bad_request: { http: 400, exit: 2 },
  bad_message: { http: 400, exit: 2 },
  empty_question: { http: 400, exit: 2 },
  question_too_long: { http: 413, exit: 2 },
  frame_too_large: { http: 413, exit: 2 },
  id_reused: { http: 409, exit: 2 },
  unknown_collection: { http: 404, exit: 9 },
  unknown_document: { http: 404, exit: 9 },
  ambiguous_document: { http: 409, exit: 2 },
  unknown_conversation: { http: 404, exit: 9 },
  unknown_answer: { http: 404, exit: 9 },
  unknown_engine: { http: 400, exit: 3 },
  not_found: { http: 404, exit: 9 },
  collection_exists: { http: 409, exit: 1 },
  invalid_collection_name: { http: 400, exit: 2 },
  document_too_large: { http: 413, exit: 1 },
  document_empty: { http: 422, exit: 1 },
  document_unreadable: { http: 422, exit: 1 },
  document_hash_mismatch: { http: 409, exit: 1 },
  unsupported_format: { http: 415, exit: 1 },
  invalid_encoding: { http: 422, exit: 1 },
  parser_failed: { http: 422, exit: 1 },
  document_corrupt: { http: 422, exit: 1 },
  needs_password: { http: 422, exit: 1 },
  no_text_layer: { http: 422, exit: 1 },
  index_mismatch: { http: 409, exit: 1 },
  unauthenticated: { http: 401, exit: 4 },
  forbidden: { http: 403, exit: 4 },
  overloaded: { http: 503, exit: 6, transient: 'daemon' },
  rate_limited: { http: 429, exit: 6, transient: 'daemon' },
  draining: { http: 503, exit: 6, transient: 'daemon' },
  cancelled: { http: 499, exit: 130 },
  interrupted: { http: 503, exit: 1, transient: 'daemon' },
  timeout: { http: 504, exit: 7, transient: 'remote' },
  engine_failed: { http: 502, exit: 1, transient: 'remote' },
  engine_unreachable: { http: 502, exit: 5, transient: 'remote' },
  engine_unauthenticated: { http: 502, exit: 3 },
  engine_rate_limited: { http: 429, exit: 6, transient: 'remote' },
  daemon_unreachable: { http: 503, exit: 5, transient: 'daemon' },
  daemon_start_failed: { http: 503, exit: 5, transient: 'daemon' },
  daemon_running: { http: 409, exit: 1 },
  daemon_not_running: { http: 503, exit: 5 },
  version_mismatch: { http: 409, exit: 1 },
  port_taken: { http: 503, exit: 1 },
  data_dir_unusable: { http: 500, exit: 3 },
  disk_full: { http: 507, exit: 1 },
  database_corrupt: { http: 500, exit: 1 },
  database_unreachable: { http: 503, exit: 5, transient: 'daemon' },
  database_setup: { http: 500, exit: 3 },
  model_corrupt: { http: 500, exit: 3 },
  invalid_config: { http: 500, exit: 3 },
  backup_corrupt: { http: 422, exit: 1 },
  partial: { http: 207, exit: 8 },
  gate_missed: { http: 422, exit: 10 },
  internal: { http: 500, exit: 1 },
  unknown_source: { http: 404, exit: 9 },
  url_refused: { http: 403, exit: 1 },
  url_failed: { http: 502, exit: 1 },
  database_newer: { http: 500, exit: 3 },
  name_taken: { http: 409, exit: 1 },
  insecure_connection: { http: 400, exit: 4 },
  unknown_model: { http: 404, exit: 9 },
  unsupported_model: { http: 422, exit: 3 },
  model_too_large: { http: 507, exit: 3 },
  provider_unavailable: { http: 500, exit: 3 },
  unknown_job: { http: 404, exit: 9 },
  job_ended: { http: 409, exit: 1 },
  hub_unreachable: { http: 502, exit: 5, transient: 'remote' },
  hub_refused: { http: 502, exit: 4 },
  pull_failed: { http: 502, exit: 1 },
  licence_not_accepted: { http: 403, exit: 1 },
  tool_missing: { http: 500, exit: 3 },
  cluster_unreachable: { http: 503, exit: 5 },
  deploy_failed: { http: 500, exit: 1 },
  rebuild_running: { http: 409, exit: 1 },
  embedder_unusable: { http: 502, exit: 3 },
  index_damaged: { http: 422, exit: 1 },
  given_up: { http: 422, exit: 1 },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]

export interface ErrorBody {
  readonly code: ErrorCode
  /** What happened, and what to do next: one or two sentences for the client. */
  readonly message: string
  readonly retryAfterMs?: number
}

interface ErrorOptions {
  readonly cause?: unknown
  readonly retryAfterMs?: number | undefined
  readonly detail?: string | undefined
}

/**
 * `message` may go to any client: it names what failed (the database, the engine NAME) but contains no address,
 * path or statement. Those are in `detail`, for the log and the local user.
 */
export class ChatbotError extends Error {
  override readonly name = 'ChatbotError'
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined
  readonly detail: string | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryAfterMs = options.retryAfterMs
    this.detail = options.detail
  }

  get exitCode(): number {
    return ERRORS[this.code].exit
  }

  get httpStatus(): number {
    return ERRORS[this.code].http
  }

  get transient(): ErrorKind['transient'] {
    const kind: ErrorKind = ERRORS[this.code]
    return kind.transient
  }

  /** The message with the detail. */
  get fullMessage(): string {
    const { message, detail } = this
    if (detail === undefined || detail === '') return message
    return /[.?!)]$/.test(message) ? `${message} (${detail})` : `${message}: ${detail}`
  }

  /** For the local user; everybody else gets `toJSON`. */
  inFull(): ErrorBody {
    return { ...this.toJSON(), message: this.fullMessage }
  }

  /** The form for this kind of principal. */
  for({ kind }: Pick<Principal, 'kind'>): ErrorBody {
    return kind === 'local' ? this.inFull() : this.toJSON()
  }

  toJSON(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      retryAfterMs: this.retryAfterMs,
    }
  }

  static from(body: ErrorBody): ChatbotError {
    return new ChatbotError(body.code, body.message, { retryAfterMs: body.retryAfterMs })
  }

  /**
   * Converts a thrown value to an error with a code. With a prefix, the thrown message is shown to the client; use
   * `hide` if it must not be. Without a code the error is unexpected, and only the detail contains its message.
   */
  static wrap(thrown: unknown, code: ErrorCode = 'internal', prefix = ''): ChatbotError {
    if (thrown instanceof ChatbotError) return thrown
    if (code === 'internal') return ChatbotError.hide(thrown, code, prefix === '' ? UNEXPECTED : prefix)
    return new ChatbotError(code, prefix + errorText(thrown), { cause: thrown })
  }

  /** The same with this message; the thrown message becomes the detail. */
  static hide(thrown: unknown, code: ErrorCode, message: string, retryAfterMs?: number): ChatbotError {
    if (thrown instanceof ChatbotError) return thrown
    return new ChatbotError(code, message, { cause: thrown, retryAfterMs, detail: errorText(thrown) })
  }
}

const UNEXPECTED = 'An unexpected error occurred. `chatbot logs` has the details.'

/** The message of a thrown value. Failed connections to several addresses have none together: that of the first. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return errorText(thrown.errors[0])
  return thrown instanceof Error ? thrown.message : String(thrown)
}
