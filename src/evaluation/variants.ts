/** Settings to try: `--set retrieval.passages=8`, `--sweep retrieval.passages=4,6,8`. */
import { parseSetting } from '../config/load.ts'
import { findSetting } from '../config/schema.ts'
import { ChatbotError } from '../domain/errors.ts'
import { type RetrievalOptions, retrievalOptionsSchema } from '../protocol/retrieval.ts'

const PREFIX = 'retrieval.'
const MAX_VARIANTS = 64

/** Settings under `retrieval.` that a request can override, by their configuration names. */
export const VARIABLE_KEYS: readonly string[] = Object.keys(retrievalOptionsSchema.shape).map(
  (name) => PREFIX + name,
)

/** Parses `key=value` assignments; throws `bad_request`. */
export function parseOptions(assignments: readonly string[]): RetrievalOptions {
  const entries = assignments.map((assignment) => {
    const { key, values } = split(assignment)
    return [key.slice(PREFIX.length), parseValue(key, values)]
  })
  return checked(Object.fromEntries(entries))
}

/**
 * All combinations of the values of each `key=a,b,c`, on top of `base`. `base` itself is first: the others are compared
 * with it. Throws `bad_request`.
 */
export function variantsOf(base: RetrievalOptions, sweeps: readonly string[]): RetrievalOptions[] {
  let variants: Record<string, unknown>[] = [{}]
  for (const sweep of sweeps) {
    const { key, values } = split(sweep)
    variants = variants.flatMap((variant) =>
      values.split(',').map((value) => ({ ...variant, [key.slice(PREFIX.length)]: parseValue(key, value) })),
    )
    if (variants.length > MAX_VARIANTS) {
      throw new ChatbotError(
        'bad_request',
        `That would be more than ${MAX_VARIANTS} runs. Sweep fewer values.`,
      )
    }
  }
  return sweeps.length === 0 ? [base] : [base, ...variants.map((variant) => checked({ ...base, ...variant }))]
}

/** `retrieval.passages=8`, or `as configured`. */
export function describeOptions(options: RetrievalOptions): string {
  const entries = Object.entries(options)
  if (entries.length === 0) return 'as configured'
  return entries.map(([name, value]) => `${PREFIX}${name}=${String(value)}`).join(' ')
}

function split(assignment: string): { key: string; values: string } {
  const [, key = '', values = ''] = /^([^=]+)=(.+)$/.exec(assignment) ?? []
  if (VARIABLE_KEYS.includes(key)) return { key, values }
  throw new ChatbotError(
    'bad_request',
    `${assignment}: write it as KEY=VALUE with one of ${VARIABLE_KEYS.join(', ')}. Set others for the whole daemon: chatbot config set`,
  )
}

function parseValue(key: string, text: string): unknown {
  const setting = findSetting(key)
  return setting === undefined ? text : parseSetting(setting, text)
}

function checked(options: Record<string, unknown>): RetrievalOptions {
  const parsed = retrievalOptionsSchema.safeParse(options)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${PREFIX}${path.join('.')}: ${message}`)
  throw new ChatbotError('bad_request', problems.join('\n'))
}
