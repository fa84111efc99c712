import { beforeEach, describe, expect, test } from 'vitest'
import { type AddressPool, addressPool } from '../../../src/limits/address-pool.ts'

let out: string[]
let pool: AddressPool<string>
beforeEach(() => {
  out = []
  pool = addressPool({ most: 6, mostOfAddress: 3, evict: (item) => out.push(item) })
})

const add = (address: string | undefined, ...items: string[]) => {
  for (const item of items) pool.add(item, address)
}

describe('one more gets in', () => {
  test('for the oldest of its own address, when that has as many as it may', () => {
    add('192.0.2.1', 'a1', 'a2', 'a3', 'a4', 'a5')
    expect(out).toEqual(['a1', 'a2'])
  })

  test('for the oldest of the address that has the most, when all are full', () => {
    add('192.0.2.9', 'c1')
    add('192.0.2.1', 'a1', 'a2', 'a3')
    add('192.0.2.2', 'b1', 'b2')
    add('192.0.2.3', 'd1', 'd2')
    expect(out).toEqual(['a1', 'a2'])
  })

  test('whatever one address sends, the others stay', () => {
    add('192.0.2.9', 'calm')
    add('192.0.2.1', ...Array.from({ length: 100 }, (_, index) => `flood ${index}`))
    expect(out).toHaveLength(97)
    expect(out).not.toContain('calm')
  })
})

test('an IPv6 network counts as one address', () => {
  add('2001:db8::1', 'a1')
  add('2001:db8::2', 'a2')
  add('2001:db8:0:0:1::3', 'a3')
  add('2001:db8::4', 'a4')
  add('2001:db8:0:1::1', 'b1')
  expect(out).toEqual(['a1'])
})

test('without an address only the sum is bounded', () => {
  add(undefined, 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7')
  expect(out).toEqual(['a1'])
})

test('who has gone makes room', () => {
  add('192.0.2.1', 'a1', 'a2', 'a3')
  pool.remove('a1')
  pool.remove('a1')
  add('192.0.2.1', 'a4')
  expect(out).toEqual([])
  add('192.0.2.1', 'a5')
  expect(out).toEqual(['a2'])
})
