import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { addressLimiter, clientAddress, parseNetworks } from '../../../src/limits/addresses.ts'

function requestFrom(remoteAddress: string | undefined, forwarded?: string | string[]): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
  const request = new IncomingMessage(socket)
  if (forwarded !== undefined) Object.assign(request.headers, { 'x-forwarded-for': forwarded })
  return request
}

describe('the address of a client', () => {
  const trusted = parseNetworks(['loopback', '10.0.0.0/8', '2001:db8::1'])
  it.each([
    ['is the one of the connection', '198.51.100.7', undefined, '198.51.100.7'],
    ['is not what a stranger says', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['is what a trusted proxy says', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    [
      'is the nearest that no trusted proxy has',
      '127.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.9.9.9',
      '203.0.113.9',
    ],
    ['is not what a client says before its proxy', '10.1.2.3', '6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['is the proxy where the header is no address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['is of IPv4 also when it was mapped', '::ffff:10.1.2.3', '::ffff:203.0.113.9', '203.0.113.9'],
    ['is read in brackets', '2001:db8::1', '[2001:db8::7]:443', '2001:db8::7'],
    ['is the last proxy where all are trusted', '127.0.0.1', '10.0.0.2', '10.0.0.2'],
    ['is none on the own socket', undefined, '203.0.113.9', undefined],
    ['is read with a port', '10.1.2.3', '203.0.113.9:51234', '203.0.113.9'],
    ['has no zone', '10.1.2.3', 'fe80::1%eth0', 'fe80::1'],
    ['has no zone on the connection', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['is no IPv4 address in octal, hexadecimal or one number', '10.1.2.3', '0313.0.113.9', '10.1.2.3'],
    ['is no number', '10.1.2.3', '3405803785', '10.1.2.3'],
    ['is the proxy where what is nearest is junk', '10.1.2.3', '203.0.113.9, ,', '10.1.2.3'],
    ['is the nearest of several headers', '10.1.2.3', ['6.6.6.6', '203.0.113.9'], '203.0.113.9'],
    [
      'is found behind a long header of the client',
      '10.1.2.3',
      `${'6.6.6.6,'.repeat(100_000)}203.0.113.9`,
      '203.0.113.9',
    ],
    [
      'is looked for behind so many proxies, not more',
      '10.1.2.3',
      `203.0.113.9${',10.0.0.1'.repeat(100_000)}`,
      '10.0.0.1',
    ],
    ['is not of any length', '10.1.2.3', `[${':'.repeat(100_000)}`, '10.1.2.3'],
  ])('%s', (_name, remote, forwarded, expected) => {
    expect(clientAddress(requestFrom(remote, forwarded), trusted)).toBe(expected)
  })

  it('is not what the header Forwarded says, which proxies pass on as it came', () => {
    const request = requestFrom('10.1.2.3')
    Object.assign(request.headers, { forwarded: 'for=203.0.113.9' })
    expect(clientAddress(request, trusted)).toBe('10.1.2.3')
  })

  it('needs networks that are networks', () => {
    expect(() => parseNetworks(['10.0.0.0/99'])).toThrow(
      'server.trustedProxies: `10.0.0.0/99` is not an address',
    )
  })
})

describe('the limit of an address', () => {
  it('is a burst, refilled by the minute, for each address and each IPv6 network', () => {
    let now = 0
    const limiter = addressLimiter({
      rate: { perMinute: 60, burst: 2 },
      tooMany: 'Too many requests',
      now: () => now,
    })
    const check = (address: string) => {
      try {
        limiter.check(address)
        limiter.count(address)
        return 'in'
      } catch (error) {
        return error
      }
    }
    expect([check('1.1.1.1'), check('1.1.1.1')]).toEqual(['in', 'in'])
    expect(check('1.1.1.1')).toMatchObject({ code: 'rate_limited', retryAfterMs: 1000 })
    now += 500
    expect(check('1.1.1.1')).toMatchObject({ retryAfterMs: 500 })
    now += 500
    expect(check('1.1.1.1')).toBe('in')
    expect(check('2.2.2.2')).toBe('in')
    expect([check('2001:db8::1'), check('2001:db8::2')]).toEqual(['in', 'in'])
    expect(check('2001:db8::3')).toMatchObject({ code: 'rate_limited' })
    expect(check('2001:db8:0:1::3')).toBe('in')
    limiter.check(undefined)
    limiter.count(undefined)
    // To look costs nothing.
    for (let index = 0; index < 9; index += 1) limiter.check('3.3.3.3')
  })
})
