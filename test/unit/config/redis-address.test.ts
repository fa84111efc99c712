import { expect, it } from 'vitest'
import { parseRedisUrl } from '../../../src/config/redis-address.ts'
import { certificateFile } from '../../support/fault-proxy.ts'

it.each([
  ['redis://cache', { kind: 'single', node: { host: 'cache', port: 6379 }, db: 0, options: {} }],
  [
    'rediss://app:p%40ss@[::1]:7000/3',
    {
      kind: 'single',
      node: { host: '::1', port: 7000 },
      db: 3,
      options: { username: 'app', password: 'p@ss', tls: {} },
    },
  ],
  [
    'redis://:only-a-password@cache',
    { kind: 'single', node: { host: 'cache', port: 6379 }, db: 0, options: { password: 'only-a-password' } },
  ],
  [
    'redis+sentinel://:pw@s1,s2:26380/mymaster/2?sentinelPassword=other',
    {
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      master: 'mymaster',
      db: 2,
      options: { password: 'pw' },
      sentinelPassword: 'other',
    },
  ],
  [
    'rediss+cluster://n1:7000,n2',
    {
      kind: 'cluster',
      nodes: [
        { host: 'n1', port: 7000 },
        { host: 'n2', port: 6379 },
      ],
      options: { tls: {} },
    },
  ],
])('%s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address)
})

it.each([
  ['http://cache', 'it must begin with redis://'],
  ['redis://a,b', 'several hosts'],
  ['redis+sentinel://a,b', 'the name of the master is missing'],
  ['redis://a:b:c', '`a:b:c` is not host:port'],
  ['redis://a/b', '`b` is not a database number'],
])('%s is refused', (url, reason) => {
  expect(() => parseRedisUrl(url)).toThrow(reason)
})

it('reads the authority of a certificate, and says where it is missing', () => {
  expect(parseRedisUrl('rediss://a', certificateFile).options.tls?.ca).toBeInstanceOf(Buffer)
  expect(() => parseRedisUrl('rediss://a', '/no/such.pem')).toThrow('redis.caFile: cannot read /no/such.pem')
})
