import { PGlite } from '@electric-sql/pglite'
import { sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { documents } from '../../drizzle/schema.ts'
import { MAX_WILDCARD_GLOB_CHARACTERS, MAX_WILDCARDS } from '../../src/domain/glob.ts'
import { filterSchema } from '../../src/protocol/shapes.ts'
import { documentCondition } from '../../src/store/search/filter.ts'
import { startTestDaemon } from '../support/daemon.ts'
import { expectLinear } from '../support/growth.ts'
import { upload } from '../support/upload.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Characters of a pattern between two wildcards, where it has as many of both as it may. */
const APART = MAX_WILDCARD_GLOB_CHARACTERS / MAX_WILDCARDS
const letters = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => String.fromCodePoint(0x4e00 + ((from + index) % 200))).join('')
const repeated = (unit: string, size: number) => unit.repeat(Math.floor(size / unit.length))

/** Each makes patterns of so many characters in total, one a line. */
const ATTACKS: Readonly<Record<string, (size: number) => string>> = {
  'folders in a row': (size) => repeated('**/', size),
  'stars in a row': (size) => repeated('*', size),
  'stars and letters': (size) => repeated(`*${'a'.repeat(APART - 1)}`, size),
  'folders and letters': (size) => repeated(`**/${'a'.repeat(APART - 3)}`, size),
  'anything and letters': (size) => repeated(`**${'a'.repeat(APART - 2)}`, size),
  'one character each': (size) => `*a${'?'.repeat(size / APART - 2)}${'a'.repeat(size - size / APART)}`,
  'many letters': (size) =>
    Array.from({ length: size / APART }, (_, at) => `*${letters(APART - 1, at * APART)}`).join(''),
  'many patterns': (size) =>
    Array.from({ length: size / 32 }, (_, at) => `**a*${'a'.repeat(27)}${at % 10}`).join('\n'),
}
const URIS = ['a'.repeat(200), 'a/'.repeat(100), letters(200), `docs/handbook/${'part/'.repeat(10)}a.md`]

describe('a filter with globs', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await PGlite.create()
    await database.exec('CREATE TABLE documents (uri text COLLATE "C")')
    await database.query('INSERT INTO documents SELECT unnest($1::text[]) FROM generate_series(1, 50)', [
      URIS,
    ])
  })
  afterAll(() => database.close())

  it.each(Object.entries(ATTACKS))('costs a database linear time: %s', (_, make) =>
    expectLinear(MAX_WILDCARD_GLOB_CHARACTERS, make, async (text) => {
      const filter = filterSchema.parse({ paths: text.split('\n') })
      const { sql: query, params } = new PgDialect().sqlToQuery(
        sql`SELECT count(*) FROM ${documents} WHERE ${documentCondition(filter)}`,
      )
      await database.query(query, params)
      // A session keeps the patterns that it has compiled; these take their place.
      for (let other = 0; other < 40; other++) await database.query(`SELECT 'a' ~ '^${other}$'`)
    }),
  )

  it.each([
    ['too long a name', { paths: ['a'.repeat(2049)] }],
    ['too many characters', { paths: ['**/'.repeat(342)] }],
    [
      'in three lists',
      {
        paths: [`*${'a'.repeat(400)}`],
        excludePaths: [`*${'b'.repeat(400)}`],
        sources: [`*${'c'.repeat(400)}`],
      },
    ],
    ['too many wildcards', { paths: Array.from({ length: 32 }, () => 'a*b*c*') }],
    ['too many question marks', { paths: ['?'.repeat(65)] }],
    [
      'too many different characters',
      { paths: [`*${String.fromCodePoint(...Array.from({ length: 256 }, (_, at) => 0x4e00 + at))}`] },
    ],
    ['too many patterns', { paths: Array.from({ length: 33 }, () => 'a') }],
    [
      'too much metadata',
      { metadata: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`k${at}`, 'v'])) },
    ],
  ])('is refused: %s', (_, filter) => {
    expect(filterSchema.safeParse(filter).success).toBe(false)
  })

  it('may name 32 long uris, and hold patterns as people write them', () => {
    const paths = Array.from({ length: 32 }, (_, at) => `${'a/'.repeat(1000)}${at}`)
    const sources = Array.from({ length: 20 }, (_, at) => `/home/anna/documents/handbook-${at}/**/*.md`)
    expect(filterSchema.safeParse({ paths, sources }).success).toBe(true)
  })

  it('at its bounds lets other clients have their answers, and beyond them is told why', async () => {
    await using daemon = await startTestDaemon()
    for (const uri of URIS)
      await upload(daemon, 'default', uri, '# Harbour\n\nThe harbour opens at seven in the morning.')

    let answered = false
    const attack = async (make: (size: number) => string) => {
      const paths = make(MAX_WILDCARD_GLOB_CHARACTERS).split('\n')
      while (!answered) await daemon.api.call('search', { body: { query: 'harbour', filter: { paths } } })
    }
    const attacks = Promise.all(Object.values(ATTACKS).map(attack))
    for (let question = 0; question < 5; question++) {
      const { passages } = await daemon.api.call('search', {
        body: { query: `When does harbour ${question} open?` },
      })
      expect(passages.length).toBeGreaterThan(0)
    }
    answered = true
    await attacks
    await expect(
      daemon.api.call('search', { body: { query: 'harbour', filter: { paths: ['**/'.repeat(1000)] } } }),
    ).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining('2048') })
  })
})
