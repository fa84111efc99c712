/** The client address of a request, and rate limits per address before authentication. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'
import { ChatbotError } from '../domain/errors.ts'
import type { Rate } from '../ports/rate-limiter.ts'

export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** `10.0.0.0/8`, `::1`, or `loopback` and `private` for those ranges. Throws `invalid_config`. */
export function parseNetworks(names: readonly string[]): readonly AddressRange[] {
  return names.flatMap((name): AddressRange[] => {
    const named = NAMED[name]
    if (named !== undefined) return named.map((range) => ipaddr.parseCIDR(range))
    if (ipaddr.isValidCIDR(name)) return [ipaddr.parseCIDR(name)]
    if (!ipaddr.isValid(name)) {
      throw new ChatbotError(
        'invalid_config',
        `server.trustedProxies: \`${name}\` is not an address, a network (10.0.0.0/8), \`loopback\` or \`private\`.`,
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

/** Maximum number of proxies in a chain. */
const MAX_HOPS = 32

/**
 * The nearest address that is not a trusted proxy; whatever it claims about addresses before it could be spoofed.
 * Reads X-Forwarded-For from the right, hop by hop, up to the first invalid entry. `Forwarded` is ignored, because
 * proxies pass on what a client put there. Undefined for the local socket.
 */
export function clientAddress(
  request: IncomingMessage,
  trusted: readonly AddressRange[],
): string | undefined {
  let address = parseAddress(request.socket.remoteAddress ?? '')
  const header = request.headers['x-forwarded-for']
  let rest = Array.isArray(header) ? header.join(',') : (header ?? '')
  for (let hops = 0; address !== undefined && rest !== '' && hops < MAX_HOPS; hops += 1) {
    if (!isTrusted(address, trusted)) break
    const comma = rest.lastIndexOf(',')
    const before = parseAddress(withoutPort(rest.slice(comma + 1).trim()))
    if (before === undefined) break
    address = before
    rest = rest.slice(0, Math.max(0, comma))
  }
  return address?.toString()
}

/**
 * The address of a connection before anything is read from it. Undefined for a trusted proxy, whose connections
 * carry many clients.
 */
export function peerAddress({ remoteAddress }: Socket, trusted: readonly AddressRange[]): string | undefined {
  const address = parseAddress(remoteAddress ?? '')
  return address === undefined || isTrusted(address, trusted) ? undefined : address.toString()
}

/** As connections and proxies write it. An IPv6 zone is meaningful only on the machine that saw it, and is dropped. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (text.length > MAX_ADDRESS_CHARACTERS) return undefined
  const plain = text.replace(/%.*$/s, '')
  const valid =
    ipaddr.IPv4.isValidFourPartDecimal(plain) || (plain.includes(':') && ipaddr.IPv6.isValid(plain))
  return valid ? ipaddr.process(plain) : undefined
}

/** Characters of `[…%zone]:port`, with a margin. */
const MAX_ADDRESS_CHARACTERS = 100

const withoutPort = (text: string) =>
  text.startsWith('[') ? text.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1') : text.replace(/^([\d.]+):\d+$/, '$1')

const isTrusted = (address: ipaddr.IPv4 | ipaddr.IPv6, trusted: readonly AddressRange[]) =>
  trusted.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits))

/** Addresses counted at the same time: beyond it the least recently used are forgotten, so memory stays bounded. */
const MAX_ADDRESSES = 20_000
/** The owner of one IPv6 address has the whole network. */
const IPV6_NETWORK_PARTS = 4

export interface AddressLimiter {
  /** Throws `rate_limited` if the address, or whatever key is passed instead, has nothing left. */
  check: (address: string | undefined) => void
  /** Takes one. */
  count: (address: string | undefined) => void
}

export interface AddressLimiterOptions {
  readonly rate: Rate
  /** What is limited: begins the error message. */
  readonly tooMany: string
  readonly now?: () => number
}

/** Each daemon limits separately: this must cost nothing, and work when nothing else does. */
export function addressLimiter({ rate, tooMany, now = Date.now }: AddressLimiterOptions): AddressLimiter {
  const { perMinute, burst } = rate
  const buckets = new LRUCache<string, { readonly left: number; readonly at: number }>({
    max: MAX_ADDRESSES,
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

/** The unit that is counted: an IPv4 address or an IPv6 /64. */
export function networkOf(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address
  return ipaddr.IPv6.parse(address).parts.slice(0, IPV6_NETWORK_PARTS).join(':')
}
