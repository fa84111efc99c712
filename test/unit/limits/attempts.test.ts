import { expect, test } from 'vitest'
import { ChatbotError } from '../../../src/domain/errors.ts'
import { attemptRegister } from '../../../src/limits/attempts.ts'

const RIGHT = 'correct horse battery staple'
const wrong = () => Promise.reject(new ChatbotError('unauthenticated', 'wrong'))
const right = async () => 'in'

type Outcome = { readonly is: string; readonly waitMs: number }
const told = (trying: Promise<string>): Promise<Outcome> =>
  trying.then(
    (is) => ({ is, waitMs: 0 }),
    (error: unknown) => {
      if (!(error instanceof ChatbotError)) throw error
      return { is: error.code, waitMs: error.retryAfterMs ?? 0 }
    },
  )

function clocked(rate = { perMinute: 6, burst: 100 }) {
  const clock = { ms: 1_000_000_000 }
  const register = attemptRegister({ rate, now: () => clock.ms })
  return {
    clock,
    register,
    token: (address: string, token: string, good = false) =>
      told(register.from(address).token(token, good ? right : wrong)),
    login: (address: string, name: string, password: string) =>
      told(register.from(address).password(name, password, password === RIGHT ? right : wrong)),
  }
}

test('a right token gets in whatever else comes from its address, known there or not', async () => {
  const { token } = clocked()
  expect(await token('203.0.113.1', 'known', true)).toMatchObject({ is: 'in' })
  const outcomes = []
  for (let index = 0; index < 140; index += 1) outcomes.push(await token('203.0.113.1', `wrong ${index}`))
  expect(outcomes.filter(({ is }) => is === 'unauthenticated')).toHaveLength(100)
  expect(outcomes.slice(100).every(({ is }) => is === 'rate_limited')).toBe(true)
  expect(await token('203.0.113.1', 'known', true)).toMatchObject({ is: 'in' })
  expect(await token('203.0.113.1', 'never seen', true)).toMatchObject({ is: 'in' })
  expect(await token('203.0.113.2', 'wrong')).toMatchObject({ is: 'unauthenticated' })
})

test('wrong tokens are checked a few at a time once an address has sent many; a known one beside them', async () => {
  const { register, token } = clocked({ perMinute: 1, burst: 1 })
  await token('203.0.113.1', 'known', true)
  for (let index = 0; index < 3; index += 1) await token('203.0.113.1', `wrong ${index}`)
  const gate = Promise.withResolvers<string>()
  const attempts = register.from('203.0.113.1')
  const held = Array.from({ length: 20 }, (_, index) =>
    told(attempts.token(`held ${index}`, () => gate.promise)),
  )
  expect(await token('203.0.113.1', 'known', true)).toMatchObject({ is: 'in' })
  gate.resolve('in')
  const outcomes = await Promise.all(held)
  expect(outcomes.filter(({ is }) => is === 'in')).toHaveLength(10)
  expect(outcomes.filter(({ is }) => is === 'rate_limited')).toHaveLength(10)
  expect(await token('203.0.113.1', 'new', true)).toMatchObject({ is: 'in' })
})

test('wrong passwords lock the owner out neither elsewhere nor where the owner was before', async () => {
  const { login } = clocked()
  expect(await login('203.0.113.1', 'anna', RIGHT)).toMatchObject({ is: 'in' })
  const guesses = []
  for (let index = 0; index < 30; index += 1)
    guesses.push(await login('203.0.113.1', 'anna', `guess ${index}`))
  expect(guesses.map(({ is }) => is)).toEqual([
    ...Array.from({ length: 11 }, () => 'unauthenticated'),
    ...Array.from({ length: 19 }, () => 'rate_limited'),
  ])
  expect(await login('203.0.113.1', 'anna', RIGHT)).toMatchObject({ is: 'in' })
  expect(await login('203.0.113.2', 'anna', RIGHT)).toMatchObject({ is: 'in' })
  // Who has logged in is no door for others at the same address.
  expect(await login('203.0.113.1', 'anna', 'another guess')).toMatchObject({ is: 'rate_limited' })
})

test('the wait doubles with each wrong password up to a minute, and is forgiven in time', async () => {
  const { clock, login } = clocked()
  const waits: number[] = []
  for (let index = 0; index < 20; index += 1) {
    expect(await login('203.0.113.1', 'anna', `guess ${index}`)).toMatchObject({ is: 'unauthenticated' })
    if (index < 10) continue
    const { is, waitMs } = await login('203.0.113.1', 'anna', RIGHT)
    expect(is).toBe('rate_limited')
    waits.push(waitMs)
    clock.ms += waitMs
  }
  expect(waits.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000])
  expect(Math.max(...waits)).toBe(60_000)
  clock.ms += 3 * 3_600_000
  for (let index = 0; index < 10; index += 1)
    expect(await login('203.0.113.1', 'anna', `later ${index}`)).toMatchObject({ is: 'unauthenticated' })
  expect(await login('203.0.113.1', 'anna', RIGHT)).toMatchObject({ is: 'in' })
})

test('the wait begins when the check has ended, however long that took', async () => {
  const { clock, register, login } = clocked()
  for (let index = 0; index < 10; index += 1) await login('203.0.113.1', 'anna', `guess ${index}`)
  const slow = async () => {
    clock.ms += 10_000
    return await wrong()
  }
  await told(register.from('203.0.113.1').password('anna', 'slow guess', slow))
  expect(await login('203.0.113.1', 'anna', 'next guess')).toEqual({ is: 'rate_limited', waitMs: 1000 })
})

test('guesses at many names from one address wait as well; whoever was known there does not', async () => {
  const { clock, login } = clocked()
  await login('203.0.113.1', 'anna', RIGHT)
  for (let index = 0; index < 101; index += 1) await login('203.0.113.1', `name ${index}`, 'guess')
  const { is, waitMs } = await login('203.0.113.1', 'boris', RIGHT)
  expect(is).toBe('rate_limited')
  expect(await login('203.0.113.1', 'anna', RIGHT)).toMatchObject({ is: 'in' })
  clock.ms += waitMs
  expect(await login('203.0.113.1', 'boris', RIGHT)).toMatchObject({ is: 'in' })
})

test('guesses at one name from everywhere slow down who is not known, and nobody can hold up their turn', async () => {
  const { clock, login } = clocked()
  await login('203.0.113.1', 'anna', RIGHT)
  for (let index = 0; index < 120; index += 1) await login(`198.51.100.${index}`, 'anna', 'guess')
  expect(await login('203.0.113.1', 'anna', RIGHT)).toMatchObject({ is: 'in' })
  const outcomes: string[] = []
  for (let index = 0; index < 40; index += 1) {
    const address = `192.0.2.${index}`
    const { is, waitMs } = await login(address, 'anna', RIGHT)
    outcomes.push(is)
    if (is === 'in') continue
    expect(waitMs).toBeLessThanOrEqual(48_000)
    // 30,000 more come in between, each from an address of its own.
    if (index === 1)
      for (let other = 0; other < 30_000; other += 1)
        await login(`2001:db8:${other.toString(16)}::1`, 'anna', 'guess')
    const before = clock.ms
    clock.ms += waitMs
    expect(await login(address, 'anna', RIGHT)).toMatchObject({ is: 'in' })
    clock.ms = before
  }
  expect(new Set(outcomes)).toEqual(new Set(['in', 'rate_limited']))
})

test('a check that failed for another reason is no guess', async () => {
  const { register, login } = clocked()
  const attempts = register.from('203.0.113.1')
  for (let index = 0; index < 50; index += 1)
    await told(
      attempts.password('anna', RIGHT, () => Promise.reject(new ChatbotError('overloaded', 'later'))),
    )
  expect(await login('203.0.113.1', 'anna', RIGHT)).toMatchObject({ is: 'in' })
})

test('a /64 is one address; the own socket has no limits', async () => {
  const { token, register } = clocked({ perMinute: 1, burst: 2 })
  for (const host of ['1', '2', '3']) await token(`2001:db8::${host}`, 'wrong')
  expect(await token('2001:db8::4', 'wrong')).toMatchObject({ is: 'rate_limited' })
  expect(await token('2001:db8:0:1::4', 'wrong')).toMatchObject({ is: 'unauthenticated' })
  for (let index = 0; index < 300; index += 1)
    expect(await told(register.from(undefined).password('anna', 'guess', wrong))).toMatchObject({
      is: 'unauthenticated',
    })
})
