/** Output shared by `deploy` commands. */
import type { Address } from '../../src/deploy/address.ts'
import type { Pod } from '../../src/deploy/cluster.ts'
import { isLoopback } from '../../src/domain/loopback.ts'
import { printableLine } from '../../src/domain/printable.ts'

export const podLine = ({ name, state, detail, restarts }: Pod) =>
  printableLine(
    `  ${name}: ${state}${detail === '' ? '' : ` (${detail})`}${restarts === 0 ? '' : `, restarted ${restarts}×`}`,
  )

/** The next commands to run, in order. */
export function nextSteps({ url, forward }: Address, inside: string): string {
  const remote = url.startsWith('http:') && !isLoopback(new URL(url).hostname) ? ' --allow-insecure' : ''
  return [
    ...(forward === undefined ? [] : [`  ${forward}`]),
    `  ${inside} chatbot keys create me --role admin > key.txt`,
    `  chatbot login --key --server ${url}${remote} < key.txt`,
    `  chatbot chat --server ${url}${remote}`,
  ].join('\n')
}
