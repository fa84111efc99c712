import { expect, test } from 'vitest'
import { fairSlots } from '../../../src/answers/slots.ts'

/** Runs what can run now. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('one who asks much waits for the own asks, and others do not', async () => {
  const turns = fairSlots(2)
  const order: string[] = []
  const take = (subject: string, name: string) =>
    turns.take(subject).then((leave) => {
      order.push(name)
      return leave
    })
  const greedy = ['g1', 'g2', 'g3', 'g4'].map((name) => take('greedy', name))
  const modest = take('modest', 'm1')
  await settle()
  expect(order).toEqual(['g1', 'g2', 'm1'])
  const [first] = await Promise.all(greedy.slice(0, 2))
  first?.()
  // A turn ends once: this is nobody else's.
  first?.()
  await settle()
  expect(order).toEqual(['g1', 'g2', 'm1', 'g3'])
  for (const taken of [greedy[1], greedy[2], modest]) (await taken)?.()
  await settle()
  expect(order).toEqual(['g1', 'g2', 'm1', 'g3', 'g4'])
  ;(await greedy[3])?.()
  for (let more = 0; more < 3; more += 1) (await take('greedy', 'again'))()
  expect(order).toHaveLength(8)
})
