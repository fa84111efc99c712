/** Keys and logins on two daemons of one PostgreSQL. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiClient } from '../../src/client/api.ts'
import { version } from '../../src/config/version.ts'
import type { TestDaemon } from '../support/daemon.ts'
import { describePostgres } from '../support/postgres.ts'
import { greeted } from '../support/raw-socket.ts'
import { type Replicas, startReplicas } from '../support/replicas.ts'

describePostgres('two daemons', () => {
  let replicas: Replicas
  beforeAll(async () => {
    replicas = await startReplicas({ CHATBOT_AUTH_SECRET: 'the same for all daemons of a database' })
  }, 180_000)
  afterAll(() => replicas?.[Symbol.asyncDispose]())

  const at = (daemon: TestDaemon, token?: string) =>
    apiClient({ kind: 'tcp', url: `http://${daemon.host}`, token }, { version })

  test('a key that one of them revokes closes its sockets on both', async () => {
    const { one, two } = replicas
    const { key } = await one.api.call('createKey', { body: { name: 'both' } })
    const sockets = await Promise.all([greeted(one, key), greeted(two, key)])
    await two.api.call('revokeKey', { params: { name: 'both' } })
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4401, 4401])
    for (const daemon of [one, two]) {
      await expect(at(daemon, key).call('whoami', {})).rejects.toMatchObject({ code: 'unauthenticated' })
    }
  })

  test('a login at one is a login at the other, also after the signing key was replaced', async () => {
    const { one, two } = replicas
    const password = 'a long enough password'
    await one.api.call('addUser', { body: { name: 'anna', password } })
    const first = await at(one).call('login', { body: { name: 'anna', password } })
    await at(two, first.accessToken).call('whoami', {})
    await one.api.call('rotateSigningKey', {})
    const second = await at(two).call('refresh', { body: { refreshToken: first.refreshToken } })
    await at(one, second.accessToken).call('whoami', {})
    // What the key before has signed is good until it expires.
    await at(one, first.accessToken).call('whoami', {})
    const socket = await greeted(two, second.accessToken)
    await at(one, second.accessToken).call('logout', {})
    expect(await socket.closed).toBe(4401)
  })
})
