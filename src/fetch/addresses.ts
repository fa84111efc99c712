/** Which addresses belong to the public internet. */
import ipaddr from 'ipaddr.js'

/** Azure's metadata and DNS service has a public address. */
const SPECIAL = new Set(['168.63.129.16'])

const NAT64 = ipaddr.IPv6.parse('64:ff9b::')

/**
 * False for loopback, private, provider and protocol addresses: a page there may be internal. An IPv4 address
 * embedded in IPv6 (mapped, or NAT64 of an IPv6-only network) is judged as IPv4; other transition schemes (6to4,
 * Teredo) are obsolete and refused.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast' && !SPECIAL.has(address.toString())
  if (address.match(NAT64, 96)) return isPublicAddress(lastFourBytes(address))
  return address.range() === 'unicast' && inGlobalSpace(address)
}

/** 2000::/3: nothing else is allocated, so other addresses are deprecated, reserved or a trick. */
const inGlobalSpace = (address: ipaddr.IPv6) => ((address.parts[0] ?? 0) & 0xe000) === 0x2000

const lastFourBytes = (address: ipaddr.IPv6) => address.toByteArray().slice(-4).join('.')
