/** A process that stores documents in the PGlite at argv[2] until it is killed, and names each on standard output. */
import { join } from 'node:path'
import { startPglite } from '../../daemon/pglite/pglite.ts'
import { openStore } from '../../src/store/open.ts'
import { ANNA, put } from '../conformance/store-fixtures.ts'

const folder = process.argv[2] ?? ''
const pglite = await startPglite({
  dataDir: join(folder, 'pglite'),
  socketPath: join(folder, '.s.PGSQL.5432'),
  onOutput: () => process.stdout.write('starting\n'),
})
const store = await openStore({ connection: pglite.connection, embedded: true })
const { name } = await store.collections.ensure(ANNA, 'written')
const from = (await store.documents.list(ANNA, { collection: name, limit: 100_000 })).length
for (let index = from; ; index += 1) {
  await put(store, name, `${index}.md`, [`first ${index}`, `second ${index}`])
  process.stdout.write(`stored ${index}.md\n`)
}
