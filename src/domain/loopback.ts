/** Loopback addresses as they appear in URLs and settings. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i

export const isLoopback = (host: string): boolean => LOOPBACK.test(host)

/** Whether nobody on the way can read the traffic: it is encrypted, or never leaves the machine. */
export function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || protocol === 'wss:' || isLoopback(hostname)
}
