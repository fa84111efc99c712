/** Checks that ask the running daemon. */

import type { RouteResponse } from '../../../src/api/routes.ts'
import type { ApiClient } from '../../../src/client/api.ts'
import { bytes, count } from '../format.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

type Status = RouteResponse<'status'>

export async function checkDaemon(api: ApiClient): Promise<Finding[]> {
  const [status, { generations }] = await Promise.all([api.call('status', {}), api.call('listIndex', {})])
  return [
    ok(
      'Daemon',
      `${status.version}, pid ${status.pid}, ${status.listen ?? 'local socket only'}, ${bytes(status.memoryBytes)}`,
    ),
    loopDelay(status),
    ...components(status),
    index(status, generations),
  ]
}

function loopDelay({ eventLoopDelayMs: { p99 } }: Status): Finding {
  return p99 < 100
    ? ok('Event loop', `p99 delay ${p99} ms`)
    : warn('Event loop', `p99 delay ${p99} ms`, 'The machine is overloaded: give the daemon more CPU')
}

function components(status: Status): Finding[] {
  const todo = '`chatbot logs` has the details'
  return status.components.map(({ name, state, detail }) => {
    const title = name.charAt(0).toUpperCase() + name.slice(1)
    if (state === 'ok') return ok(title, detail)
    return state === 'degraded' ? warn(title, detail, todo) : fail(title, detail, todo)
  })
}

function index({ embedder }: Status, generations: RouteResponse<'listIndex'>['generations']): Finding {
  const active = generations.filter(({ state }) => state === 'active')
  if (active.length === 0) return ok('Index', 'empty; add documents: chatbot ingest ./docs')
  const foreign = active.filter(({ model }) => model !== embedder.model)
  if (foreign.length > 0) {
    const names = foreign.map(({ collection }) => collection).join(', ')
    return fail(
      'Index',
      `made with another model than ${embedder.model}: ${names}`,
      'Delete these collections and ingest their files again',
    )
  }
  const access = [...new Set(active.map((generation) => generation.access))].join(', ')
  const chunks = active.reduce((sum, generation) => sum + generation.chunks, 0)
  return ok('Index', `${count(chunks, 'chunk')} in ${count(active.length, 'collection')}; search: ${access}`)
}
