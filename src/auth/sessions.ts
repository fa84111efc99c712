/** Logins of the installation's users: short-lived access tokens and single-use refresh tokens. */
import { createHash, randomBytes } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { ChatbotError } from '../domain/errors.ts'
import type { SessionRepository, UserRepository } from '../ports/store/users.ts'
import { type Identity, refused } from './identity.ts'
import { isPassword } from './passwords.ts'
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts'

export const ISSUER = 'chatbot'
const AUDIENCE = 'chatbot'
const TYPE = 'at+jwt'
const REFRESH = /^cr_[A-Za-z0-9_-]{43}$/

export interface Tokens {
  readonly accessToken: string
  readonly expiresAt: Date
  /** Single use: exchanging it returns the next one. */
  readonly refreshToken: string
  readonly user: string
}

export interface Sessions {
  /** Throws `unauthenticated`, also for unknown users, and `overloaded`; `first` has priority in the queue. */
  login: (name: string, password: string, first: boolean) => Promise<Tokens>
  /** Throws `unauthenticated` if it is not the user's password, and `overloaded`. */
  checkPassword: (name: string, password: string, first: boolean) => Promise<void>
  /** Throws `unauthenticated`; reuse of a token ends its session. */
  refresh: (token: string) => Promise<Tokens>
  /** Ends the session of this access token. */
  logout: (accessToken: string) => Promise<void>
  /** Throws `unauthenticated`, also if the session has ended. */
  verify: (accessToken: string) => Promise<Identity>
}

export interface LoginSessionOptions {
  readonly users: UserRepository
  readonly sessions: SessionRepository
  readonly keys: SigningKeys
  readonly accessMs: number
  readonly sessionMs: number
  /** Called when a refresh token is used twice. */
  onReuse: (user: string) => void
}

const claimsSchema = z.object({ sub: z.string(), sid: z.uuid(), exp: z.number() })

export function loginSessions(options: LoginSessionOptions): Sessions {
  const { users, sessions, keys } = options

  async function tokens(session: string, user: { id: string; name: string }, refreshToken: string) {
    const { id, key } = await keys.current()
    const expiresAt = new Date(Math.floor((Date.now() + options.accessMs) / 1000) * 1000)
    const accessToken = await new SignJWT({ sid: session })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: id, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime(expiresAt)
      .sign(key)
    return { accessToken, expiresAt, refreshToken, user: user.name }
  }

  async function claimsOf(token: string) {
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid = '' }) => {
          const key = await keys.find(kid)
          if (key === undefined) throw refused()
          return key
        },
        { issuer: ISSUER, audience: AUDIENCE, typ: TYPE, algorithms: [SIGNING_ALGORITHM] },
      )
      return claimsSchema.parse(payload)
    } catch (error) {
      if (error instanceof ChatbotError) throw error
      throw refused(error)
    }
  }

  async function checked(name: string, password: string, first: boolean) {
    const user = await users.find(name)
    const isRight = await isPassword(password, user?.password, first)
    if (user !== undefined && isRight) return user
    throw new ChatbotError('unauthenticated', 'The name or the password is wrong.')
  }

  return {
    async checkPassword(name, password, first) {
      await checked(name, password, first)
    },
    async login(name, password, first) {
      const user = await checked(name, password, first)
      const refreshToken = newRefreshToken()
      const until = new Date(Date.now() + options.sessionMs)
      const session = await sessions.begin(user.id, hashOf(refreshToken), until)
      return tokens(session, user, refreshToken)
    },
    async refresh(token) {
      if (!REFRESH.test(token)) throw refused()
      const next = newRefreshToken()
      const exchanged = await sessions.exchange(hashOf(token), hashOf(next))
      switch (exchanged.kind) {
        case 'exchanged':
          return tokens(exchanged.session, exchanged.user, next)
        case 'reused':
          options.onReuse(exchanged.user.name)
          throw refused()
        case 'unknown':
          throw refused()
      }
    },
    async logout(accessToken) {
      const { sid } = await claimsOf(accessToken)
      await sessions.end(sid)
    },
    async verify(token) {
      const { sid, sub, exp } = await claimsOf(token)
      const user = await sessions.find(sid)
      if (user === undefined || user.id !== sub) throw refused()
      return {
        principal: { kind: 'user', id: `user:${user.id}`, name: user.name },
        expiresAt: new Date(exp * 1000),
        token,
      }
    },
  }
}

const newRefreshToken = () => `cr_${randomBytes(32).toString('base64url')}`
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')
