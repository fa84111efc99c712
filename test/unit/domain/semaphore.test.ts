import { describe, expect, test } from 'vitest'
import { concurrently } from '../../../src/domain/concurrently.ts'
import { ChatbotError } from '../../../src/domain/errors.ts'
import { semaphore, type TakeOptions } from '../../../src/domain/semaphore.ts'

/** Runs what can run now. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Takes places by name and notes who has got one. */
function noted(places = semaphore(1)) {
  const order: string[] = []
  const take = (name: string, options?: TakeOptions) =>
    places.take(options).then((leave) => {
      order.push(name)
      return leave
    })
  return { places, order, take }
}

describe('a semaphore', () => {
  test('gives its places in order; those that go first before the others', async () => {
    const { places, order, take } = noted(semaphore(2))
    const leaves = [take('a'), take('b'), take('c'), take('d'), take('e', { first: true })]
    await settle()
    expect(order).toEqual(['a', 'b'])
    for (const leave of leaves.slice(0, 2)) (await leave)()
    await settle()
    expect(order).toEqual(['a', 'b', 'e', 'c'])
    expect(places.isIdle()).toBe(false)
    for (const leave of [leaves[2], leaves[4]]) (await leave)?.()
    ;(await leaves[3])?.()
    expect(order).toEqual(['a', 'b', 'e', 'c', 'd'])
    expect(places.isIdle()).toBe(true)
  })

  test('takes a place back once, however often it is given', async () => {
    const { order, take } = noted()
    const leave = await take('a')
    const next = take('b')
    void take('c')
    leave()
    leave()
    await next
    await settle()
    expect(order).toEqual(['a', 'b'])
  })

  test('lets go of those that do not wait any longer', async () => {
    const { order, take } = noted()
    const leave = await take('a')
    const abort = new AbortController()
    const impatient = take('b', { signal: abort.signal })
    const next = take('c')
    abort.abort(new Error('enough'))
    await expect(impatient).rejects.toThrow('enough')
    leave()
    ;(await next)()
    await expect(take('d', { signal: abort.signal })).rejects.toThrow('enough')
    expect(order).toEqual(['a', 'c'])
  })

  test('keeps no place for one that gives up in the moment in which it gets it', async () => {
    const { places, take } = noted()
    const leave = await take('a')
    const abort = new AbortController()
    const next = take('b', { signal: abort.signal })
    leave()
    abort.abort(new Error('enough'))
    ;(await next)()
    expect(places.isIdle()).toBe(true)
  })

  test('refuses those who are too many, of each kind', async () => {
    const refusal = () => new ChatbotError('overloaded', 'Too many.')
    const { take } = noted(semaphore(1, { maxWaiting: 1, refusal }))
    await take('a')
    void take('b')
    void take('c', { first: true })
    await expect(take('d')).rejects.toMatchObject({ code: 'overloaded' })
    await expect(take('e', { first: true })).rejects.toMatchObject({ code: 'overloaded' })
  })

  test('has its place back when the work fails', async () => {
    const places = semaphore(1)
    await expect(places.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await places.run(async () => 'done')).toBe('done')
    expect(places.isIdle()).toBe(true)
  })
})

describe('work on many items', () => {
  test('is done on a few at a time', async () => {
    let running = 0
    let most = 0
    const done: number[] = []
    await concurrently(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
      most = Math.max(most, ++running)
      await settle()
      running--
      done.push(item)
    })
    expect(most).toBe(3)
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('begins nothing after a failure, and throws the first when all that was begun has ended', async () => {
    const ended: number[] = []
    const begun: number[] = []
    await expect(
      concurrently(2, [1, 2, 3, 4], async (item, failed) => {
        begun.push(item)
        if (item === 2) throw new Error('the second')
        await new Promise((resolve) => failed.addEventListener('abort', resolve, { once: true }))
        await settle()
        ended.push(item)
        throw new Error('the first')
      }),
    ).rejects.toThrow('the second')
    expect(begun).toEqual([1, 2])
    expect(ended).toEqual([1])
  })
})
