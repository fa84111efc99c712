/** The last deployment of this user, and the files of the compose project: private, beside the user's configuration. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { userConfigFile } from '../config/paths.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'

const lastSchema = z.discriminatedUnion('target', [
  z.object({ target: z.literal('compose') }),
  z.object({
    target: z.literal('minikube'),
    context: z.string(),
    namespace: z.string(),
    release: z.string(),
  }),
  z.object({ target: z.literal('helm'), context: z.string(), namespace: z.string(), release: z.string() }),
])

/** The last deployment. */
export type Deployed = z.infer<typeof lastSchema>

export const deployFolder = (env: NodeJS.ProcessEnv): string => join(dirname(userConfigFile(env)), 'deploy')

export function remember(env: NodeJS.ProcessEnv, deployed: Deployed): void {
  mkdirSync(deployFolder(env), { recursive: true, mode: 0o700 })
  writeFileSync(lastFile(env), `${JSON.stringify(deployed, null, 2)}\n`, { mode: 0o600 })
}

export function forget(env: NodeJS.ProcessEnv): void {
  rmSync(lastFile(env), { force: true })
}

/** Throws `not_found` if nothing was deployed from here. */
export function lastDeployed(env: NodeJS.ProcessEnv): Deployed {
  let text: string
  try {
    text = readFileSync(lastFile(env), 'utf8')
  } catch {
    throw new ChatbotError(
      'not_found',
      'Nothing was deployed from here. Deploy: chatbot deploy compose, or name an existing deployment: --target helm --context …',
    )
  }
  return lastSchema.parse(parseJson(text))
}

const lastFile = (env: NodeJS.ProcessEnv) => join(deployFolder(env), 'last.json')
