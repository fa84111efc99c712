/** What this user deployed last, and the files of the compose project: beside the user's configuration, closed to others. */

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

/** What was deployed. */
export type Deployed = z.infer<typeof lastSchema>

export const deployFolder = (env: NodeJS.ProcessEnv): string => join(dirname(userConfigFile(env)), 'deploy')

export function remember(env: NodeJS.ProcessEnv, deployed: Deployed): void {
  mkdirSync(deployFolder(env), { recursive: true, mode: 0o700 })
  writeFileSync(lastFile(env), `${JSON.stringify(deployed, null, 2)}\n`, { mode: 0o600 })
}

export function forget(env: NodeJS.ProcessEnv): void {
  rmSync(lastFile(env), { force: true })
}

/** Throws `not_found` when nothing was deployed from here. */
export function lastDeployed(env: NodeJS.ProcessEnv): Deployed {
  let text: string
  try {
    text = readFileSync(lastFile(env), 'utf8')
  } catch {
    throw new ChatbotError(
      'not_found',
      'Nothing was deployed from here. Deploy: chatbot deploy compose, or name what there is: --target helm --context …',
    )
  }
  return lastSchema.parse(parseJson(text))
}

const lastFile = (env: NodeJS.ProcessEnv) => join(deployFolder(env), 'last.json')
