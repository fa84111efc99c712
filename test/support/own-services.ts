import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../src/config/package-root.ts'

const state = join(tmpdir(), `chatbot-fault-services-${process.pid}`)

/** PostgreSQL and Redis of one test, which kills them: `restart` with SIGKILL. */
export async function ownServices(script: 'up' | 'down' | 'restart', ...args: string[]) {
  const { stdout } = await promisify(execFile)(join(packageRoot(), 'test', 'services', script), args, {
    env: { ...process.env, CHATBOT_TEST_SERVICES: state },
  })
  const urlOf = (name: string) => new RegExp(`export ${name}=(.*)`).exec(stdout)?.[1] ?? ''
  return { postgres: urlOf('DATABASE_URL_TEST'), redis: urlOf('REDIS_URL_TEST') }
}
