import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Principal, Role } from '../../src/domain/principal.ts'
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
  SPEC,
  searched,
  vectorOf,
} from './store-fixtures.ts'

const oidc = (groups: readonly string[] = []): Principal => {
  const sub = randomUUID()
  return { kind: 'oidc', id: `oidc:test:${sub}`, name: sub, groups }
}

/** Somebody with this role on this collection, or on all. */
async function someone(store: Store, role: Role, collection: string | null): Promise<Principal> {
  const principal = oidc()
  await store.grants.set(ANNA, principal.id, role, collection)
  return principal
}

const newKey = () => ({
  name: `k-${randomUUID()}`,
  prefix: randomUUID().slice(0, 8),
  hash: 'h',
  expiresAt: null,
})

export function accountsSuite(database: () => TestDatabase): void {
  describe('rights', () => {
    it('hide what cannot be read, as if it were not there', async () => {
      const { store } = database()
      const [seen, hidden] = [await newCollection(store), await newCollection(store)]
      const { document } = await put(store, hidden.name, 'secret.md', ['hidden text'])
      await put(store, seen.name, 'open.md', ['open text'])
      const reader = await someone(store, 'reader', seen.name)
      expect((await store.collections.list(reader)).map(({ name }) => name)).toEqual([seen.name])
      expect((await store.collections.readable(reader)).map(({ name }) => name)).toEqual([seen.name])
      await expectCode(store.collections.readable(reader, [seen.name, hidden.name]), 'unknown_collection')
      for (const reference of [document.id, document.id.slice(0, 8), 'secret.md']) {
        await expectCode(store.documents.get(reader, reference), 'unknown_document')
        await expectCode(store.documents.text(reader, reference), 'unknown_document')
        await expectCode(store.documents.remove(reader, reference), 'unknown_document')
      }
      expect(await store.documents.placeAt(reader, document.id, 0)).toBeUndefined()
      await expectCode(
        store.documents.list(reader, { collection: hidden.name, limit: 10 }),
        'unknown_collection',
      )
      expect((await store.documents.list(reader, { limit: 100 })).map(({ uri }) => uri)).toEqual(['open.md'])
      expect((await store.index.list(reader)).map(({ collection }) => collection)).toEqual([seen.name])
      // Also whoever knows its id searches nothing.
      const query = { model: SPEC.model, vector: vectorOf('hidden text'), limit: 5 }
      expect(await store.index.nearest(reader, { ...query, collections: [hidden] })).toEqual([])
      expect(await store.index.nearest(ANNA, { ...query, collections: [hidden] })).toHaveLength(1)
    })

    it('include the roles below, and nothing above', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const [reader, editor, admin] = await Promise.all(
        (['reader', 'editor', 'admin'] as const).map((role) => someone(store, role, name)),
      )
      if (reader === undefined || editor === undefined || admin === undefined) throw new Error('nobody')
      await put(store, name, 'a.md', ['a'])
      const source = { kind: 'folder', location: '/a', machine: 'm', options: {} } as const
      for (const [principal, mayEdit, mayAdminister] of [
        [reader, false, false],
        [editor, true, false],
        [admin, true, true],
      ] as const) {
        expect(
          await store.documents.get(
            principal,
            (await store.documents.list(principal, { limit: 1 }))[0]?.id ?? '',
          ),
        ).toMatchObject({ uri: 'a.md' })
        const edit = store.sources.remember(principal, name, source)
        if (mayEdit) await edit
        else await expectCode(edit, 'forbidden')
        const administer = store.collections.configure(principal, name, { cache: true })
        if (mayAdminister) await administer
        else await expectCode(administer, 'forbidden')
        const grant = store.grants.set(principal, oidc().id, 'reader', name)
        if (mayAdminister) await grant
        else await expectCode(grant, 'forbidden')
        await expectCode(store.grants.set(principal, oidc().id, 'reader', null), 'forbidden')
        await expectCode(store.keys.create(principal, { ...newKey(), role: 'reader' }), 'forbidden')
        await expectCode(store.keys.list(principal), 'forbidden')
        await expectCode(store.users.list(principal), 'forbidden')
        await expectCode(store.audit.list(principal, { limit: 1 }), 'forbidden')
        await expectCode(store.cachedAnswers.clear(principal), 'forbidden')
        await expectCode(store.backup.export(principal).next(), 'forbidden')
        await expectCode(store.collections.create(principal, `c-${randomUUID()}`), 'forbidden')
        await expectCode(store.collections.ensure(principal, `c-${randomUUID()}`), 'forbidden')
      }
      await expectCode(store.collections.remove(editor, name), 'forbidden')
      await store.collections.remove(admin, name)
    })

    it('come from groups too, and go with the next statement', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const group = `group:test:${randomUUID()}`
      const member = oidc([group])
      await expectCode(store.collections.readable(member, [name]), 'unknown_collection')
      await store.grants.set(ANNA, group, 'reader', name)
      expect(await store.collections.readable(member, [name])).toHaveLength(1)
      expect(await store.grants.of(member)).toEqual({
        everywhere: null,
        collections: [{ name, role: 'reader' }],
      })
      await store.grants.remove(ANNA, group, name)
      await expectCode(store.collections.readable(member, [name]), 'unknown_collection')
      await expectCode(store.grants.remove(ANNA, group, name), 'not_found')
    })

    it('go with the collection, and whoever makes one administers it', async () => {
      const { store } = database()
      const maker = await someone(store, 'editor', null)
      const { name } = await store.collections.create(maker, `c-${randomUUID()}`)
      expect((await store.grants.of(maker)).collections).toContainEqual({ name, role: 'admin' })
      await store.collections.remove(maker, name)
      await store.collections.create(ANNA, name)
      expect((await store.grants.of(maker)).collections).toContainEqual({ name, role: 'editor' })
    })

    it('decide whether an ask begins with what was readable before', async () => {
      const { store } = database()
      const [one, other] = [await newCollection(store), await newCollection(store)]
      const reader = await someone(store, 'reader', one.name)
      const collections = await store.collections.readable(reader)
      expect(collections.map(({ name }) => name)).toEqual([one.name])
      const begin = () => store.answers.beginRemembered(reader, askOf({ collections }), { names: undefined })
      expect(await begin()).toMatchObject({ kind: 'started', epoch: 1 })
      await store.grants.set(ANNA, reader.id, 'reader', other.name)
      expect(await begin()).toBeUndefined()
      await store.grants.remove(ANNA, reader.id, other.name)
      expect(await begin()).toMatchObject({ kind: 'started' })
      await store.grants.remove(ANNA, reader.id, one.name)
      expect(await begin()).toBeUndefined()
    })

    it('decide in the statement that gives a cached answer', async () => {
      const { store } = database()
      const collection = await newCollection(store)
      const asked = async (principal: Principal) => {
        const ask = askOf({ collections: [searched(collection)] })
        const begun = await store.answers.begin(principal, ask)
        return { ask, answer: answerOf(ask, begun.conversation) }
      }
      const first = await asked(ANNA)
      expect(await store.answers.complete(ANNA, at(1), first.answer)).toBe(true)
      const partition = randomUUID()
      const entry = { partition, vector: vectorOf('q'), expiresAt: new Date(Date.now() + 60_000) }
      expect(await store.cachedAnswers.keep(ANNA, first.ask.id, entry, 100)).toBe(true)
      const from = { source: { principal: ANNA.id, answer: first.ask.id }, partition }
      const stranger = oidc()
      const refused = await asked(stranger)
      expect(await store.answers.complete(stranger, at(1), refused.answer, undefined, from)).toBe(false)
      const reader = await someone(store, 'reader', collection.name)
      const given = await asked(reader)
      expect(await store.answers.complete(reader, at(1), given.answer, undefined, from)).toBe(true)
      // What was answered is no longer shown when the right is gone.
      expect(
        (await store.conversations.turns(reader, given.answer.conversation, 10)).turns[0]?.citations,
      ).toHaveLength(1)
      await store.grants.remove(ANNA, reader.id, collection.name)
      const { turns } = await store.conversations.turns(reader, given.answer.conversation, 10)
      expect(turns).toMatchObject([{ citations: [], text: expect.stringContaining('no longer') }])
      await expectCode(store.answers.get(reader, given.ask.id), 'forbidden')
      await expectCode(store.answers.begin(reader, given.ask), 'forbidden')
    })
  })

  describe('keys', () => {
    it('are found by prefix, rotated, revoked, and listed with their rights', async () => {
      const { store } = database()
      const { name: collection } = await newCollection(store)
      const key = newKey()
      const before = await store.revocations()
      await store.keys.create(ANNA, { ...key, role: 'editor', collections: [collection] })
      await expectCode(store.keys.create(ANNA, { ...newKey(), name: key.name, role: 'reader' }), 'name_taken')
      expect(await store.keys.find(key.prefix)).toMatchObject({
        name: key.name,
        hash: 'h',
        previousHash: null,
      })
      expect(await store.keys.find('nothing')).toBeUndefined()
      const until = new Date(Date.now() + 1000)
      expect(await store.keys.rotate(ANNA, key.name, 'h2', until)).toBe(key.prefix)
      expect(await store.keys.find(key.prefix)).toMatchObject({
        hash: 'h2',
        previousHash: 'h',
        previousUntil: until,
      })
      const listed = async () => (await store.keys.list(ANNA)).find(({ name }) => name === key.name)
      expect(await listed()).toMatchObject({ rights: [{ role: 'editor', collection }], revokedAt: null })
      await store.keys.revoke(ANNA, key.name)
      expect(await listed()).toMatchObject({ rights: [], revokedAt: expect.any(Date) })
      expect(await store.revocations()).toBe(before + 2)
      await expectCode(store.keys.revoke(ANNA, key.name), 'not_found')
      await expectCode(store.keys.rotate(ANNA, key.name, 'h3', until), 'not_found')
      // The name is free again, and the new key is another.
      await store.keys.create(ANNA, { ...newKey(), name: key.name, role: 'reader' })
    })

    it('are not made when a collection is not there', async () => {
      const { store } = database()
      const key = newKey()
      await expectCode(
        store.keys.create(ANNA, { ...key, role: 'reader', collections: ['nowhere'] }),
        'unknown_collection',
      )
      expect(await store.keys.find(key.prefix)).toBeUndefined()
    })
  })

  describe('users and sessions', () => {
    const newUser = async (store: Store) => {
      const name = `u-${randomUUID()}`
      await store.users.create(ANNA, { name, password: 'hash', role: 'reader' })
      const found = await store.users.find(name)
      if (found === undefined) throw new Error('no user')
      return found
    }
    const later = () => new Date(Date.now() + 60_000)

    it('a refresh token works once; the second use ends the session', async () => {
      const { store } = database()
      const user = await newUser(store)
      const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()]
      const session = await store.sessions.begin(user.id, first, later())
      expect(await store.sessions.exchange(first, second)).toMatchObject({ kind: 'exchanged', session })
      expect(await store.sessions.find(session)).toEqual({ id: user.id, name: user.name })
      const before = await store.revocations()
      expect(await store.sessions.exchange(first, third)).toMatchObject({ kind: 'reused' })
      expect(await store.sessions.find(session)).toBeUndefined()
      expect(await store.revocations()).toBe(before + 1)
      expect(await store.sessions.exchange(second, third)).toEqual({ kind: 'unknown' })
    })

    it('of two that use one token at once, one gets the next and the session ends', async () => {
      const { store } = database()
      const user = await newUser(store)
      const token = randomUUID()
      await store.sessions.begin(user.id, token, later())
      const outcomes = await Promise.all(
        Array.from({ length: 4 }, () => store.sessions.exchange(token, randomUUID())),
      )
      expect(outcomes.filter(({ kind }) => kind === 'exchanged')).toHaveLength(1)
      expect(outcomes.filter(({ kind }) => kind === 'reused').length).toBeGreaterThan(0)
    })

    it('end with their time, a logout, a new password and the user', async () => {
      const { store } = database()
      const user = await newUser(store)
      const begin = () => store.sessions.begin(user.id, randomUUID(), later())
      const past = await store.sessions.begin(user.id, randomUUID(), new Date(0))
      expect(await store.sessions.find(past)).toBeUndefined()
      const left = await begin()
      await store.sessions.end(left)
      expect(await store.sessions.find(left)).toBeUndefined()
      const changed = await begin()
      const own: Principal = { kind: 'user', id: `user:${user.id}`, name: user.name }
      await store.users.setPassword(own, user.name, 'hash2')
      expect(await store.sessions.find(changed)).toBeUndefined()
      await expectCode(store.users.setPassword(oidc(), user.name, 'hash3'), 'forbidden')
      const removed = await begin()
      await store.users.remove(ANNA, user.name)
      expect(await store.sessions.find(removed)).toBeUndefined()
      expect(await store.users.find(user.name)).toBeUndefined()
      expect((await store.grants.list(ANNA)).filter(({ subject }) => subject.includes(user.id))).toEqual([])
      await expectCode(store.users.remove(ANNA, user.name), 'not_found')
    })
  })

  describe('the audit log', () => {
    it('has what was done and who did it, with the act or not at all', async () => {
      const { store } = database()
      const { name } = await newCollection(store)
      const admin = await someone(store, 'admin', null)
      await store.grants.set(admin, 'group:test:x', 'reader', name)
      const [latest] = await store.audit.list(admin, { limit: 1 })
      expect(latest).toMatchObject({
        action: 'grant.add',
        target: 'group:test:x',
        detail: { role: 'reader', collection: name },
      })
      expect(latest?.actor).toMatch(/^oidc:/)
      await expectCode(store.grants.remove(admin, 'group:test:y', name), 'not_found')
      expect(await store.audit.list(admin, { limit: 1 })).toEqual([latest])
      const before = await store.audit.list(admin, { limit: 5, before: latest?.id })
      expect(before.every(({ id }) => id < (latest?.id ?? 0))).toBe(true)
    })
  })

  describe('signing keys', () => {
    it('are made once by daemons that start at once, and the old ones go when their time is over', async () => {
      const { signingKeys } = database().store
      const key = (id: string) => ({ id, publicKey: { kty: 'OKP' }, privateKey: 'encrypted' })
      const soon = () => new Date(Date.now() + 60_000)
      const recently = new Date(Date.now() - 10_000)
      await Promise.all(['a', 'b', 'c'].map((id) => signingKeys.add(key(id), recently, new Date(0))))
      expect(await signingKeys.list()).toHaveLength(1)
      // Whatever there is counts as too old.
      await signingKeys.add(key('d'), soon(), new Date(0))
      expect((await signingKeys.list()).map(({ id }) => id)[0]).toBe('d')
      await signingKeys.add(key('e'), soon(), soon())
      expect((await signingKeys.list()).map(({ id }) => id)).toEqual(['e'])
    })
  })
}
