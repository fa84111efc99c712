/** Parses the forms of REDIS_URL into ioredis options. */
import { readFileSync } from 'node:fs'
import type { RedisOptions } from 'ioredis'
import { ChatbotError, errorText } from '../domain/errors.ts'

interface Node {
  readonly host: string
  readonly port: number
}

/** Options for every node of an address. */
export type NodeOptions = Pick<RedisOptions, 'username' | 'password' | 'tls'>

export type RedisAddress =
  | { readonly kind: 'single'; readonly node: Node; readonly db: number; readonly options: NodeOptions }
  | {
      readonly kind: 'sentinel'
      readonly sentinels: readonly Node[]
      readonly master: string
      readonly db: number
      readonly options: NodeOptions
      readonly sentinelPassword?: string
    }
  | { readonly kind: 'cluster'; readonly nodes: readonly Node[]; readonly options: NodeOptions }

export const REDIS_URL =
  /^(?<tls>redis|rediss)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?]+)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/

/**
 * `redis://user:password@host:6379/0`, `redis+sentinel://…@host:26379,host:26379/master/0?sentinelPassword=…`,
 * `redis+cluster://…@host:6379,host:6379`; `rediss` is TLS. Throws `invalid_config`.
 */
export function parseRedisUrl(url: string, caFile?: string): RedisAddress {
  const parts = REDIS_URL.exec(url)?.groups
  if (parts === undefined) throw invalid('it must begin with redis://, redis+sentinel:// or redis+cluster://')
  const { tls, kind, user, password, hosts = '', path = '', query = '' } = parts
  const options: NodeOptions = {
    username: user ? decodeURIComponent(user) : undefined,
    password: password === undefined ? undefined : decodeURIComponent(password),
    tls: tls === 'rediss' ? { ca: caFile === undefined ? undefined : authority(caFile) } : undefined,
  }
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'sentinel' ? 26_379 : 6379))
  const [first, second] = path.split('/').slice(1)
  const [node] = nodes
  if (kind === 'cluster') return { kind: 'cluster', nodes, options }
  if (kind === 'sentinel') {
    if (first === undefined || first === '') throw invalid('the name of the master is missing: …/mymaster')
    const sentinelPassword = new URLSearchParams(query).get('sentinelPassword') ?? undefined
    return {
      kind: 'sentinel',
      sentinels: nodes,
      master: decodeURIComponent(first),
      db: databaseOf(second),
      options,
      sentinelPassword,
    }
  }
  if (node === undefined || nodes.length > 1)
    throw invalid('several hosts need redis+sentinel:// or redis+cluster://')
  return { kind: 'single', node, db: databaseOf(first), options }
}

function nodeOf(text: string, standard: number): Node {
  const [, host, port] = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d+))?$/i.exec(text) ?? []
  if (host === undefined) throw invalid(`\`${text}\` is not host:port`)
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? standard : Number(port) }
}

function databaseOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (!/^\d{1,4}$/.test(text)) throw invalid(`\`${text}\` is not a database number`)
  return Number(text)
}

function authority(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new ChatbotError('invalid_config', `redis.caFile: cannot read ${file}: ${errorText(error)}`)
  }
}

const invalid = (problem: string) => new ChatbotError('invalid_config', `REDIS_URL: ${problem}.`)
