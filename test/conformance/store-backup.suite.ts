import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isPassword } from '../../src/auth/passwords.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { type ArchiveRecord, recordSchema } from '../../src/ports/store/backup-records.ts'
import type { Store } from '../../src/ports/store/store.ts'
import type { TestDatabase } from '../support/database.ts'
import {
  ANNA,
  answerOf,
  askOf,
  at,
  expectCode,
  newCollection,
  put,
  revisionOf,
  SPEC,
  stream,
  vectorOf,
} from './store-fixtures.ts'

export function backupSuite(database: () => TestDatabase): void {
  describe('backup', () => {
    it('brings back documents, vectors and conversations as they were', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'empty.md', [])
      await put(store, name, 'long.md', numbered(450))
      await put(store, name, 'мир.md', ['Привет, мир 🙂', 'second'])
      const ask = askOf()
      const begun = await store.answers.begin(ANNA, ask)
      const answer = answerOf(ask, begun.conversation)
      await store.answers.complete(ANNA, at(1), answer)
      await store.answers.begin(ANNA, askOf({ conversation: begun.conversation }))
      const before = await contentOf(store, name)
      const records = await exported(store, name, begun.conversation)

      await store.collections.remove(ANNA, name)
      await store.conversations.remove(ANNA, begun.conversation)
      expect(await store.backup.restore(ANNA, stream(records))).toEqual({
        collections: 1,
        documents: 3,
        conversations: 1,
        unchanged: 0,
        users: 0,
        withoutPassword: 0,
        keys: 0,
        grants: 0,
      })
      expect(await contentOf(store, name)).toEqual(before)
      expect((await store.answers.get(ANNA, ask.id)).answer).toEqual(answer)
      // The one that still ran is not in the archive.
      expect((await store.conversations.turns(ANNA, begun.conversation, 10)).turns).toHaveLength(1)

      const revision = await revisionOf(store, name)
      expect(await store.backup.restore(ANNA, stream(records))).toMatchObject({ documents: 0, unchanged: 4 })
      expect(await revisionOf(store, name)).toBe(revision)
    })

    it('of an earlier version brings back no question of another asker', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const begun = await store.answers.begin(ANNA, askOf())
      const { conversation } = begun
      const [own, other] = [askOf({ conversation }), askOf({ conversation })]
      for (const [ask, question] of [
        [own, own.question],
        [other, 'What may Boris have asked?'],
      ] as const) {
        await store.answers.begin(ANNA, ask)
        const cached = { tier: 'semantic', question } as const
        await store.answers.complete(ANNA, at(1), answerOf(ask, conversation, { cached }))
      }
      const records = await exported(store, name, conversation)
      expect(JSON.stringify(records)).toContain('Boris')
      await store.conversations.remove(ANNA, conversation)
      await store.backup.restore(ANNA, stream(records))
      const cachedOf = async ({ id }: { id: string }) => (await store.answers.get(ANNA, id)).answer?.cached
      expect(await cachedOf(own)).toEqual({ tier: 'semantic', question: own.question })
      expect(await cachedOf(other)).toEqual({ tier: 'semantic' })
    })

    it('has nothing of who asked what is interrupted', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const ask = askOf({ request: { principal: { name: 'anna', groups: ['board'] } } })
      const { conversation } = await store.answers.begin(ANNA, ask)
      const error = { code: 'interrupted', message: 'It was stopped.' } as const
      await store.answers.end(ANNA, ask.id, at(1), 'interrupted', error, '')
      const records = await exported(store, name, conversation)
      expect(JSON.stringify(records)).toContain(ask.question)
      expect(JSON.stringify(records)).not.toContain('board')
      await store.conversations.remove(ANNA, conversation)
      await store.backup.restore(ANNA, stream(records))
      expect(await store.answers.begin(ANNA, ask)).toMatchObject({ kind: 'started', epoch: 2 })
    })

    it('of an earlier version brings back what was refused as not found', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const asks = [askOf(), askOf(), askOf()] as const
      const { conversation } = await store.answers.begin(ANNA, asks[0])
      const given = ['answered', 'unsure', 'not_found'] as const
      for (const [at, ask] of asks.entries()) {
        if (at > 0) await store.answers.begin(ANNA, { ...ask, conversation })
        await store.answers.complete(
          ANNA,
          { epoch: 1, seq: 2 },
          answerOf(ask, conversation, { certainty: given[at] }),
        )
      }
      const records = await exported(store, name, conversation)
      const earlier = records.map((record) =>
        record.type === 'conversation'
          ? { ...record, answers: record.answers.map(({ certainty: _, ...row }) => row) }
          : record,
      )
      const restored = async (archive: typeof records) => {
        await store.conversations.remove(ANNA, conversation)
        await store.backup.restore(ANNA, stream(archive))
        const found = await Promise.all(asks.map(({ id }) => store.answers.get(ANNA, id)))
        return found.map(({ answer }) => answer?.certainty)
      }
      expect(await restored(earlier)).toEqual(['answered', 'answered', 'not_found'])
      expect(await restored(records)).toEqual(given)
    })

    it('holds a collection as it is at the end, whatever changes meanwhile', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      for (const uri of ['a.md', 'b.md', 'c.md']) await put(store, name, uri, [`first ${uri}`])
      const records: ArchiveRecord[] = []
      let changed = false
      for await (const record of collectionOnly(store.backup.export(ANNA), name)) {
        records.push(record)
        if (record.type !== 'document-end' || changed) continue
        changed = true
        for (const { id } of await store.documents.list(ANNA, { collection: name, limit: 1 })) {
          await store.documents.remove(ANNA, id)
        }
        await put(store, name, 'b.md', ['second b.md'])
        await put(store, name, 'd.md', ['new'])
      }
      const before = await contentOf(store, name)
      expect(records.at(-1)).toMatchObject({ type: 'collection-end', documents: 3 })
      await store.collections.remove(ANNA, name)
      await store.backup.restore(ANNA, stream(records))
      expect(await contentOf(store, name)).toEqual(before)
    })

    it('goes on after a restore that was cut off', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      for (const uri of ['a.md', 'b.md', 'c.md']) await put(store, name, uri, numbered(3, uri))
      const before = await contentOf(store, name)
      const records = await exported(store, name)
      await store.collections.remove(ANNA, name)
      for (let cut = 1; cut < records.length; cut += 2) {
        async function* cutOff() {
          yield* records.slice(0, cut)
          throw new Error('cut off')
        }
        await expect(store.backup.restore(ANNA, cutOff())).rejects.toThrow('cut off')
      }
      await store.backup.restore(ANNA, stream(records))
      expect(await contentOf(store, name)).toEqual(before)
    })

    it('replaces a document of the same name, and leaves others alone', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['kept in the backup'])
      const records = await exported(store, name)
      await put(store, name, 'a.md', ['changed since'])
      await put(store, name, 'b.md', ['new since'])
      expect(await store.backup.restore(ANNA, stream(records))).toMatchObject({ documents: 1 })
      const { documents } = await contentOf(store, name)
      expect(documents.map(({ text }) => text)).toEqual(['kept in the backup', 'new since'])
    })

    it('holds users and roles, and under a seal passwords and keys; brings them back only when asked', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const [user, key] = [randomUUID(), randomUUID()]
      const prefix = randomUUID().slice(0, 8)
      const rights = { role: 'editor', collections: [name] } as const
      await store.users.create(ANNA, { name: user, password: 'hash of the password', ...rights })
      await store.keys.create(ANNA, {
        name: key,
        prefix,
        hash: 'hash of the key',
        expiresAt: null,
        ...rights,
      })
      const group = `group:test:${user}`
      await store.grants.set(ANNA, group, 'reader', null)
      const found = await store.users.find(user)
      const asker: Principal = { kind: 'user', id: `user:${found?.id}`, name: user }
      const ask = askOf()
      const begun = await store.answers.begin(asker, ask)
      await store.answers.complete(asker, at(1), answerOf(ask, begun.conversation))

      const plain = await accountsOf(store.backup.export(ANNA), name, begun.conversation)
      const same = async (text: string) => text
      const sealed = await accountsOf(store.backup.export(ANNA, { seal: same }), name, begun.conversation)
      const open = sealed.filter(({ type }) => type !== 'secrets')
      expect(JSON.stringify([plain, open])).not.toContain('hash of')
      expect(plain.map(({ type }) => type)).not.toContain('secrets')

      const forget = async () => {
        await store.users.remove(ANNA, user)
        await store.grants.remove(ANNA, group, null)
        await store.conversations.remove(asker, begun.conversation)
      }
      const held = async () =>
        (await store.grants.list(ANNA))
          .filter(({ subject }) => subject.includes(user) || subject.includes(key))
          .map(({ subject, role, collection }) => [subject.split(':')[0], role, collection])

      const keyId = (await store.keys.find(prefix))?.id ?? ''
      await store.keys.revoke(ANNA, key)
      await forget()
      expect(await store.backup.restore(ANNA, stream(sealed), { unseal: same })).toMatchObject({
        users: 0,
        keys: 0,
      })
      expect(await store.users.find(user)).toBeUndefined()
      await store.conversations.remove(asker, begun.conversation)

      const counts = await store.backup.restore(ANNA, stream(plain), { accounts: true })
      expect(counts).toMatchObject({ withoutPassword: expect.any(Number), keys: 0 })
      expect(counts.withoutPassword).toBeGreaterThan(0)
      expect(await isPassword('', (await store.users.find(user))?.password)).toBe(false)
      expect(await held()).toEqual([
        ['group', 'reader', null],
        ['user', 'editor', name],
      ])

      // Again with the secrets: what was missing comes, what is there stays, a revoked key revoked.
      await store.backup.restore(ANNA, stream(sealed), { accounts: true, unseal: same })
      expect(await store.users.find(user)).toEqual({ ...found, password: 'hash of the password' })
      expect((await store.keys.find(prefix))?.revokedAt).toBeInstanceOf(Date)
      expect(await held()).toHaveLength(2)

      const [newId, newPrefix] = [randomUUID(), randomUUID().slice(0, 8)]
      const elsewhere = recordSchema
        .array()
        .parse(JSON.parse(JSON.stringify(sealed).replaceAll(keyId, newId).replaceAll(prefix, newPrefix)))
      expect(
        await store.backup.restore(ANNA, stream(elsewhere), { accounts: true, unseal: same }),
      ).toMatchObject({ withoutPassword: 0, keys: 1, grants: 1 })
      expect(await store.keys.find(newPrefix)).toMatchObject({ name: key, hash: 'hash of the key' })
      expect(await held()).toContainEqual(['key', 'editor', name])
      await store.users.setPassword(ANNA, user, 'a new hash')
      await store.backup.restore(ANNA, stream(sealed), { accounts: true, unseal: same })
      expect((await store.users.find(user))?.password).toBe('a new hash')

      // A user of the same name is the same person, and has the conversations.
      await forget()
      await store.users.create(ANNA, { name: user, password: 'of the new one', ...rights })
      const other = await store.users.find(user)
      await store.backup.restore(ANNA, stream(sealed), { accounts: true, unseal: same })
      expect((await store.users.find(user))?.password).toBe('of the new one')
      const again: Principal = { kind: 'user', id: `user:${other?.id}`, name: user }
      expect((await store.conversations.turns(again, begun.conversation, 10)).turns).toHaveLength(1)
    })

    it('does not mix vectors of another model', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      await put(store, name, 'a.md', ['one'])
      const records = await exported(store, name)
      const other = records.map((record) =>
        record.type === 'collection' && record.index !== null
          ? { ...record, index: { ...record.index, model: 'other@111111111111' } }
          : record.type === 'document-end' || record.type === 'document'
            ? { ...record, id: '3f333df6-90a4-4fda-8dd3-9485d27cee36' }
            : record,
      )
      await expectCode(store.backup.restore(ANNA, stream(other)), 'index_mismatch')
    })
  })
}

const numbered = (count: number, of = 'paragraph') =>
  Array.from({ length: count }, (_, index) => `${of} ${index}`)

/** The records of one collection and one conversation of all that the tests have in the database. */
async function exported(store: Store, collection: string, conversation?: string): Promise<ArchiveRecord[]> {
  const records: ArchiveRecord[] = []
  for await (const record of collectionOnly(store.backup.export(ANNA), collection, conversation)) {
    records.push(record)
  }
  return records
}

/** What an archive holds of accounts, with one collection and one conversation of all that the tests have. */
async function accountsOf(
  all: AsyncIterable<ArchiveRecord>,
  collection: string,
  conversation: string,
): Promise<ArchiveRecord[]> {
  const records: ArchiveRecord[] = []
  let inside = false
  for await (const record of all) {
    if (record.type === 'collection') inside = record.name === collection
    const isAccount = record.type === 'secrets' || record.type === 'user' || record.type === 'grant'
    if (isAccount || (record.type === 'conversation' ? record.id === conversation : inside))
      records.push(record)
    if (record.type === 'collection-end') inside = false
  }
  return records
}

async function* collectionOnly(
  all: AsyncIterable<ArchiveRecord>,
  collection: string,
  conversation?: string,
): AsyncGenerator<ArchiveRecord> {
  let inside = false
  for await (const record of all) {
    if (record.type === 'collection') inside = record.name === collection
    if (record.type === 'conversation' ? record.id === conversation : inside) yield record
    if (record.type === 'collection-end') inside = false
  }
}

/** All that can be read of a collection. */
async function contentOf(store: Store, name: string) {
  const collections = await store.collections.readable(ANNA, [name])
  const listed = await store.documents.list(ANNA, { collection: name, limit: 100 })
  const documents = await Promise.all(listed.map(({ id }) => store.documents.text(ANNA, id)))
  const query = { collections, model: SPEC.model, vector: vectorOf('second'), limit: 1000 }
  const nearest = await store.index.nearest(ANNA, query)
  return {
    documents,
    nearest: nearest
      .map(({ chunk: _, ...candidate }) => candidate)
      .toSorted((a, b) => b.similarity - a.similarity || a.uri.localeCompare(b.uri) || a.start - b.start),
  }
}
