/**
 * Runs the scenarios of MCP's conformance suite that need no fixtures against `/mcp` of a real daemon, and compares them with what
 * is known to fail. The suite comes from the npm registry.
 *
 *     make doors
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { startTestDaemon } from '../support/daemon.ts'
import { upload } from '../support/upload.ts'

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12'

/** Scenarios, and the checks of each that do not pass. */
const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  'server-initialize': [],
  ping: [],
  'tools-list': [],
  'resources-list': [],
  'sep-2164-resource-not-found': [],
  'dns-rebinding-protection': [],
  'http-header-validation': [],
  'input-required-result-unsupported-methods': [],
  // They call tools of the suite's own fixtures, which ask the client something: none of ours does.
  'server-stateless': [
    'sep-2575-server-rejects-undeclared-capability',
    'sep-2575-missing-capability-http-400',
    'sep-2575-http-server-no-independent-requests-on-stream',
    'sep-2575-server-no-log-without-loglevel',
  ],
  // There are no prompts.
  caching: ['sep-2549-prompts-list-caching-hints'],
}

const CHECK = /\[(?<check>[a-z0-9-]+)\s*\] (?<result>SUCCESS|FAILURE)/gu
/** The suite colours its output. */
const COLOUR = /\u001b\[[0-9;]*m/gu

await using daemon = await startTestDaemon()
await upload(daemon, 'docs', 'tower.md', '# The tower\n\nThe tower is 41 metres high.')

// The suite knows no tokens.
const proxy = createServer((incoming, outgoing) => {
  const headers = { ...incoming.headers, authorization: `Bearer ${daemon.token}` }
  const forwarded = request(
    `http://${daemon.host}${incoming.url}`,
    { method: incoming.method, headers },
    (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(outgoing)
    },
  )
  forwarded.on('error', () => outgoing.destroy())
  outgoing.on('close', () => forwarded.destroy())
  incoming.pipe(forwarded)
})
proxy.listen(0, '127.0.0.1')
await once(proxy, 'listening')
const address = proxy.address()
const port = typeof address === 'object' && address !== null ? address.port : 0

let [passed, known, failed] = [0, 0, 0]
for (const [scenario, exceptions] of Object.entries(SCENARIOS)) {
  const suite = spawn(
    'npx',
    ['--yes', SUITE, 'server', '--url', `http://127.0.0.1:${port}/mcp`, '--scenario', scenario],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const [out, errors] = await Promise.all([text(suite.stdout), text(suite.stderr)])
  const checks = [...`${out}${errors}`.replace(COLOUR, '').matchAll(CHECK)].map(({ groups = {} }) => groups)
  if (checks.length === 0) {
    failed += 1
    console.log(`✗ ${scenario}: the suite said nothing\n${errors}`)
  }
  for (const { check = '', result } of checks) {
    const isKnown = exceptions.includes(check)
    if (result === 'SUCCESS') passed += 1
    else if (isKnown) known += 1
    else {
      failed += 1
      console.log(`✗ ${scenario}: ${check}`)
    }
  }
}
proxy.close()
proxy.closeAllConnections()
console.log(`MCP conformance: ${passed} passed, ${failed} failed, ${known} known not to pass`)
process.exitCode = failed === 0 ? 0 : 1
