/** The servers this user works with, and the credentials for them: one file, mode 600, like kubectl's. */

import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { contextsFile } from './paths.ts'

type Environment = Readonly<Record<string, string | undefined>>

const credentialSchema = z.discriminatedUnion('kind', [
  /** An API key, or a token of an OIDC provider. */
  z.object({ kind: z.literal('token'), token: z.string() }),
  z.object({
    kind: z.literal('login'),
    user: z.string(),
    accessToken: z.string(),
    expiresAt: z.iso.datetime(),
    refreshToken: z.string(),
  }),
])

const contextSchema = z.object({
  server: z.url({ protocol: /^https?$/ }),
  /** Send the token over plain HTTP to another machine. */
  allowInsecure: z.boolean().default(false),
  credential: credentialSchema.optional(),
})

const contextsSchema = z.object({
  /** Null: the local daemon. */
  current: z.string().nullable().default(null),
  contexts: z.record(z.string(), contextSchema).default({}),
})

export type Credential = z.infer<typeof credentialSchema>
export type Context = z.infer<typeof contextSchema>
export type Contexts = z.infer<typeof contextsSchema>

export function readContexts(env: Environment): Contexts {
  const path = contextsFile(env)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return { current: null, contexts: {} }
    throw ChatbotError.wrap(error, 'invalid_config', `cannot read ${path}: `)
  }
  try {
    return contextsSchema.parse(parseJson(text))
  } catch (error) {
    throw new ChatbotError('invalid_config', `${path} is damaged. Repair or delete it, and log in again.`, {
      cause: error,
    })
  }
}

/**
 * Changes the file under a lock, so that a login's refresh token is exchanged only once. Overwrites what others
 * changed without the lock.
 */
export async function changeContexts(
  env: Environment,
  change: (contexts: Contexts) => Contexts | Promise<Contexts>,
): Promise<Contexts> {
  const path = contextsFile(env)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const unlock = await lock(`${path}.lock`)
  try {
    const changed = await change(readContexts(env))
    const written = `${path}.new`
    rmSync(written, { force: true })
    writeFileSync(written, `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(written, path)
    return changed
  } finally {
    unlock()
  }
}

/** Longer than any exchange takes: an older lock is left from a dead process. */
const STALE_MS = 30_000

async function lock(path: string): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(path)
      return () => rmdirSync(path)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw ChatbotError.wrap(error, 'invalid_config', `cannot write ${dirname(path)}: `)
      }
    }
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (made !== undefined && Date.now() - made > STALE_MS) rmSync(path, { recursive: true, force: true })
    await sleep(50)
  }
}
