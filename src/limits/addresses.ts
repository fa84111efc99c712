/** The address that a request comes from, and how many requests an address may send before anybody knows whose they are. */
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { ChatbotError } from '../domain/errors.ts'
import type { Rate } from './rate.ts'

export type Network = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** `10.0.0.0/8`, `::1`, or `loopback` and `private` for those ranges. Throws `invalid_config`. */
export function parseNetworks(names: readonly string[]): readonly Network[] {
  return names.flatMap((name): Network[] => {
    const named = NAMED[name]
    if (named !== undefined) return named.map((range) => ipaddr.parseCIDR(range))
    if (ipaddr.isValidCIDR(name)) return [ipaddr.parseCIDR(name)]
    if (!ipaddr.isValid(name)) {
      throw new ChatbotError(
        'invalid_config',
        `server.trustedProxies: \`${name}\` is no address, no network (10.0.0.0/8), and neither \`loopback\` nor \`private\`.`,
      )
    }
    const address = ipaddr.process(name)
    return [[address, address.kind() === 'ipv4' ? 32 : 128]]
  })
}

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * The nearest address that no trusted proxy has: what it says of others before it is its own word. Undefined for
 * the daemon's own socket.
 */
export function clientAddress(request: IncomingMessage, trusted: readonly Network[]): string | undefined {
  const { remoteAddress } = request.socket
  if (remoteAddress === undefined || !ipaddr.isValid(remoteAddress)) return undefined
  const header = request.headers['x-forwarded-for']
  const told = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').reverse()
  let address = ipaddr.process(remoteAddress)
  for (const text of told) {
    if (!trusted.some(([network, bits]) => inNetwork(address, network, bits))) break
    const before = text.trim().replace(/^\[(.+)\](:\d+)?$/, '$1')
    if (!ipaddr.isValid(before)) break
    address = ipaddr.process(before)
  }
  return address.toString()
}

export const inNetwork = (
  address: ipaddr.IPv4 | ipaddr.IPv6,
  network: ipaddr.IPv4 | ipaddr.IPv6,
  bits: number,
) => address.kind() === network.kind() && address.match(network, bits)

/** Addresses that are counted at once: whoever sends from more of them counts as new, but fills no memory. */
const MOST_ADDRESSES = 20_000
/** Who has one IPv6 address has all of its network. */
const IPV6_NETWORK_PARTS = 4

export interface AddressLimiter {
  /** Throws `rate_limited` when nothing is left for the address. */
  check(address: string | undefined): void
  /** Takes one. */
  count(address: string | undefined): void
}

export interface AddressLimiterOptions {
  readonly rate: Rate
  /** Of what: begins the message of the error. */
  readonly tooMany: string
  readonly now?: () => number
}

/** Of each daemon for itself: it must cost nothing, and hold when nothing else does. */
export function addressLimiter({ rate, tooMany, now = Date.now }: AddressLimiterOptions): AddressLimiter {
  const { perMinute, burst } = rate
  const buckets = new LRUCache<string, { readonly left: number; readonly at: number }>({
    max: MOST_ADDRESSES,
  })
  const leftOf = (key: string) => {
    const { left, at } = buckets.get(key) ?? { left: burst, at: now() }
    return Math.min(burst, left + ((now() - at) * perMinute) / 60_000)
  }
  return {
    check(address) {
      if (address === undefined) return
      const left = leftOf(networkOf(address))
      if (left >= 1) return
      throw new ChatbotError('rate_limited', `${tooMany} from this address. Try again in a moment.`, {
        retryAfterMs: Math.ceil(((1 - left) * 60_000) / perMinute),
      })
    },
    count(address) {
      if (address === undefined) return
      const key = networkOf(address)
      buckets.set(key, { left: Math.max(0, leftOf(key) - 1), at: now() })
    },
  }
}

/** What counts as one address. */
export function networkOf(address: string): string {
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) return address
  return parsed.parts.slice(0, IPV6_NETWORK_PARTS).join(':')
}
