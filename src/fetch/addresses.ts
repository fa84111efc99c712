/** Which addresses belong to the public internet. */
import ipaddr from 'ipaddr.js'

/** Azure's metadata and DNS service has a public address. */
const SPECIAL = new Set(['168.63.129.16'])

const NAT64 = ipaddr.IPv6.parse('64:ff9b::')

/**
 * False for addresses of this machine, of private networks, of providers and of protocols: a page there may be
 * meant for those inside only. An IPv4 address in IPv6 clothing (mapped, or NAT64 of an IPv6-only network) is judged
 * as what it is; other transition schemes (6to4, Teredo) are out of use and refused.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast' && !SPECIAL.has(address.toString())
  if (address.match(NAT64, 96)) return isPublicAddress(lastFourBytes(address))
  return address.range() === 'unicast' && inGlobalSpace(address)
}

/** 2000::/3: nothing else has been given out, so what lies beyond is deprecated, reserved or a trick. */
const inGlobalSpace = (address: ipaddr.IPv6) => ((address.parts[0] ?? 0) & 0xe000) === 0x2000

const lastFourBytes = (address: ipaddr.IPv6) => address.toByteArray().slice(-4).join('.')
