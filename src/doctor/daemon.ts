/** Checks that query the running daemon. */

import type { RouteResponse } from '../api/routes.ts'
import type { ApiClient } from '../client/api.ts'
import { SPLITTER_VERSION } from '../ingest/split/splitter.ts'
import { bytes, count, duration } from '../text/amounts.ts'
import type { RunningEngines } from './engines.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

type Status = RouteResponse<'status'>
type Collections = RouteResponse<'listCollections'>['collections']

export async function checkDaemon(api: ApiClient): Promise<{ findings: Finding[]; engines: RunningEngines }> {
  const [status, { generations }, { engines }, { collections }] = await Promise.all([
    api.call('status', {}),
    api.call('listIndex', {}),
    api.call('listEngines', {}),
    api.call('listCollections', {}),
  ])
  const findings = [
    ok(
      'Daemon',
      `${status.version}, pid ${status.pid}, ${status.listen ?? 'local socket only'}, ${bytes(status.memoryBytes)}`,
    ),
    loopDelay(status),
    ...components(status),
    index(generations),
    ...storedEarlier(generations),
    ...collectionsWithoutEngine(engines, collections),
  ]
  return { findings, engines }
}

function loopDelay({ eventLoopDelayMs: { p99 } }: Status): Finding {
  return p99 < 100
    ? ok('Event loop', `p99 delay ${duration(p99)}`)
    : warn('Event loop', `p99 delay ${duration(p99)}`, 'The machine is overloaded: give the daemon more CPU')
}

function components(status: Status): Finding[] {
  const todo = '`chatbot logs` has the details'
  return status.components.map(({ name, state, detail }) => {
    const title = name.charAt(0).toUpperCase() + name.slice(1)
    if (state === 'ok') return ok(title, detail)
    return state === 'degraded' ? warn(title, detail, todo) : fail(title, detail, todo)
  })
}

function index(generations: RouteResponse<'listIndex'>['generations']): Finding {
  const active = generations.filter(({ state }) => state === 'active')
  if (active.length === 0) return ok('Index', 'empty; add documents: chatbot ingest ./docs')
  const outdated = active.filter(({ splitter }) => splitter !== SPLITTER_VERSION)
  if (outdated.length > 0) {
    const names = outdated.map(({ collection }) => collection).join(', ')
    return warn(
      'Index',
      `split by an earlier version, so nothing can be added: ${names}`,
      'Run: chatbot index rebuild',
    )
  }
  const access = [...new Set(active.map((generation) => generation.access))].join(', ')
  const chunks = active.reduce((sum, generation) => sum + generation.chunks, 0)
  return ok('Index', `${count(chunks, 'chunk')} in ${count(active.length, 'collection')}; search: ${access}`)
}

/** Collections whose documents were stored by a version that did not keep their blocks. */
function storedEarlier(generations: RouteResponse<'listIndex'>['generations']): Finding[] {
  const found = generations.filter(({ state, withoutBlocks }) => state === 'active' && withoutBlocks > 0)
  if (found.length === 0) return []
  const names = found.map(
    ({ collection, withoutBlocks }) => `${collection} (${count(withoutBlocks, 'document')})`,
  )
  return [
    warn(
      'Documents',
      `stored by an earlier version, so that answers quote whole paragraphs: ${names.join(', ')}`,
      'Ingest them again: chatbot ingest PATH, or chatbot sync',
    ),
  ]
}

/** Collections whose engine is no longer configured. */
function collectionsWithoutEngine(running: RunningEngines, collections: Collections): Finding[] {
  const orphans = collections.filter(
    ({ engine }) => engine !== null && !running.some(({ name }) => name === engine),
  )
  return orphans.map(({ name, engine }) =>
    fail(
      'Collections',
      `the collection ${name} uses the engine ${engine}, which is not configured`,
      `Configure it, or: chatbot collections set ${name} --default-engine`,
    ),
  )
}
