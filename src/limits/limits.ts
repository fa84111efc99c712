/** Limits of a user or an API key: requests a minute, answers in flight, tokens a day. */
import { LRUCache } from 'lru-cache'
import type { Config } from '../config/schema.ts'
import { ChatbotError } from '../domain/errors.ts'
import type { Principal, Role } from '../domain/principal.ts'
import type { RateLimiter, Standing } from '../ports/rate-limiter.ts'
import type { UsageRepository } from '../ports/store/usage.ts'
import { atLeast } from '../text/amounts.ts'

export interface Limits {
  /** Before a question: throws `rate_limited`, also if today's tokens are used up. */
  ask: (principal: Principal) => Promise<{ readonly mostInFlight: number | undefined }>
  /** Before a search: throws `rate_limited`. */
  search: (principal: Principal) => Promise<void>
  /** Before a call of the HTTP API; the caller refuses if it is not allowed. Undefined: no limit. */
  request: (principal: Principal) => Promise<Standing | undefined>
  /** Records tokens that an engine has used for them. */
  spent: (principal: Principal, tokens: number) => Promise<void>
  close: () => Promise<void>
}

export interface LimitsOptions {
  readonly config: Config['limits']
  readonly limiter: RateLimiter
  readonly usage: UsageRepository
}

type Allowance = Omit<
  Config['limits'],
  'roles' | 'addressPerMinute' | 'addressBurst' | 'addressFailuresPerMinute' | 'addressFailuresBurst'
>

/** How soon a new role takes effect. */
const ROLE_MS = 10_000

export function createLimits({ config, limiter, usage }: LimitsOptions): Limits {
  const { roles, ...common } = config
  const hasRoles = Object.keys(roles).length > 0
  const known = new LRUCache<string, Promise<Role | undefined>>({ max: 10_000, ttl: ROLE_MS })

  /** Looked up once for concurrent requests; otherwise a flood would exhaust the pool before any limit applies. */
  function roleOf(principal: Principal): Promise<Role | undefined> {
    const found = known.get(principal.id)
    if (found !== undefined) return found
    const role = usage.highestRole(principal)
    known.set(principal.id, role)
    role.catch(() => known.delete(principal.id))
    return role
  }

  async function allowanceOf(principal: Principal): Promise<Allowance> {
    const role = hasRoles ? await roleOf(principal) : undefined
    return { ...common, ...(role === undefined ? {} : roles[role]) }
  }

  async function takeQuestion(principal: Principal, allowance: Allowance): Promise<void> {
    const rate = { perMinute: allowance.questionsPerMinute, burst: allowance.questionsBurst }
    const { allowed, retryAfterMs } = await limiter.take(`question ${principal.id}`, rate)
    if (allowed) return
    throw rateLimited(
      `You may ask and search ${rate.perMinute} times a minute, ${rate.burst} times at once.`,
      retryAfterMs,
    )
  }

  return {
    async ask(principal) {
      if (principal.kind === 'local') return { mostInFlight: undefined }
      const allowance = await allowanceOf(principal)
      await takeQuestion(principal, allowance)
      const { tokensPerDay } = allowance
      if (tokensPerDay !== undefined && (await usage.today(principal)) >= tokensPerDay) {
        throw rateLimited(`You have used up today's ${tokensPerDay} tokens.`, untilMidnight())
      }
      return { mostInFlight: allowance.answersInFlight }
    },
    async search(principal) {
      if (principal.kind === 'local') return
      await takeQuestion(principal, await allowanceOf(principal))
    },
    async request(principal) {
      if (principal.kind === 'local') return undefined
      const { requestsPerMinute, requestsBurst } = await allowanceOf(principal)
      return limiter.take(`request ${principal.id}`, { perMinute: requestsPerMinute, burst: requestsBurst })
    },
    async spent(principal, tokens) {
      if (principal.kind !== 'local' && tokens > 0) await usage.add(principal, tokens)
    },
    close: () => limiter.close(),
  }
}

/** Takes one request and returns what is left; throws `rate_limited` if there were too many. */
export async function takeRequest(
  limits: Limits,
  principal: Principal,
  tell: (standing: Standing) => void = () => undefined,
): Promise<void> {
  const standing = await limits.request(principal)
  if (standing === undefined) return
  tell(standing)
  if (standing.allowed) return
  throw rateLimited('You have sent too many requests.', standing.retryAfterMs)
}

const rateLimited = (message: string, retryAfterMs: number): ChatbotError =>
  new ChatbotError('rate_limited', `${message} Try again in ${atLeast(retryAfterMs)}.`, { retryAfterMs })

/** Days are UTC. */
function untilMidnight(): number {
  const day = 86_400_000
  return day - (Date.now() % day)
}
