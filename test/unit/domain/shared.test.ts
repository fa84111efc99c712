import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { signingKeys } from '../../../src/auth/signing-keys.ts'
import { shared } from '../../../src/domain/shared.ts'
import type { SigningKey } from '../../../src/ports/store/signing-keys.ts'

test('those who ask at once and shortly after share one call; later there is another', async () => {
  let calls = 0
  const counted = shared(30, async () => ++calls)
  expect(await Promise.all([counted.get(), counted.get(), counted.get()])).toEqual([1, 1, 1])
  expect(await counted.get()).toBe(1)
  await sleep(60)
  expect(await counted.get()).toBe(2)
  counted.forget()
  expect(await counted.get()).toBe(3)
})

test('what is forgotten while it is called for is not kept', async () => {
  const calls: PromiseWithResolvers<string>[] = []
  const asked = shared(60_000, () => {
    const call = Promise.withResolvers<string>()
    calls.push(call)
    return call.promise
  })
  const first = asked.get()
  asked.forget()
  const second = asked.get()
  calls[1]?.resolve('new')
  calls[0]?.resolve('old')
  expect(await first).toBe('old')
  expect(await second).toBe('new')
  expect(await asked.get()).toBe('new')
  expect(calls).toHaveLength(2)
})

test('an error is shared as well', async () => {
  let calls = 0
  const failing = shared(60_000, async () => {
    calls += 1
    throw new Error('away')
  })
  await expect(failing.get()).rejects.toThrow('away')
  await expect(failing.get()).rejects.toThrow('away')
  expect(calls).toBe(1)
})

test('the public keys are looked up once for many, at once after a rotation here, and soon after one elsewhere', async () => {
  const stored: SigningKey[] = []
  let looks = 0
  const store = {
    list: async () => {
      looks += 1
      return stored.toReversed()
    },
    add: async (key: Omit<SigningKey, 'createdAt'>) => {
      stored.push({ ...key, createdAt: new Date(Date.now() + stored.length) })
    },
  }
  const secret = 'a secret of sixteen or more'
  const [here, elsewhere] = [0, 1].map(() => signingKeys({ store, secret, maxAgeMs: 1e9 }))
  if (here === undefined || elsewhere === undefined) throw new Error('two daemons')
  await here.rotate()
  looks = 0
  for (const keys of await Promise.all(Array.from({ length: 50 }, () => here.publicKeys()))) {
    expect(keys).toHaveLength(1)
  }
  expect(looks).toBe(1)
  await here.rotate()
  expect(await here.publicKeys()).toHaveLength(2)
  await elsewhere.rotate()
  await expect.poll(async () => (await here.publicKeys()).length, { timeout: 5000 }).toBe(3)
})
