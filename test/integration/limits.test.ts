/** Limits of users on the database; those of addresses: attacks.test.ts. */
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { configSchema } from '../../src/config/schema.ts'
import type { Principal } from '../../src/domain/principal.ts'
import { bottleneckLimiter } from '../../src/limits/bottleneck.ts'
import { createLimits, takeRequest } from '../../src/limits/limits.ts'
import { expectCode } from '../conformance/store-fixtures.ts'
import { pgliteDatabase } from '../support/database.ts'

const somebody = (): Principal => ({ kind: 'user', id: `user:${randomUUID()}`, name: 'anna' })

it('users have questions a minute, tokens a day and answers in flight, by their role; the own user has no limits', async () => {
  await using database = await pgliteDatabase()
  const config = configSchema.shape.limits.parse({
    questionsBurst: 2,
    requestsBurst: 1,
    tokensPerDay: 100,
    roles: { editor: { questionsBurst: 3 } },
  })
  const limiter = bottleneckLimiter('test')
  const limits = createLimits({ config, limiter, usage: database.store.usage })
  const [anna, boris] = [somebody(), somebody()]

  expect(await limits.ask(anna)).toEqual({ mostInFlight: 8 })
  await limits.search(anna)
  const refused = limits.ask(anna)
  await expectCode(refused, 'rate_limited')
  await expect(refused).rejects.toMatchObject({ retryAfterMs: 1000 })
  await takeRequest(limits, anna)
  await expectCode(takeRequest(limits, anna), 'rate_limited')

  await limits.spent(boris, 60)
  await limits.ask(boris)
  await limits.spent(boris, 40)
  const used = limits.ask(boris)
  await expectCode(used, 'rate_limited')
  await expect(used).rejects.toThrow("You have used up today's 100 tokens.")
  expect(await database.store.usage.today(anna)).toBe(0)

  const local: Principal = { kind: 'local', id: 'local' }
  for (let index = 0; index < 50; index += 1) await limits.ask(local)

  const editor = somebody()
  await database.inspect((client) =>
    client.query(
      `INSERT INTO grants (subject, collection_id, role, granted_by) VALUES ($1, NULL, 'editor', 'test')`,
      [editor.id],
    ),
  )
  const again = createLimits({ config, limiter, usage: database.store.usage })
  for (let index = 0; index < 3; index += 1) await again.search(editor)
  await expectCode(again.search(editor), 'rate_limited')
  await limiter.close()
})
