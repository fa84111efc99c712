/** The compiler holds the order of an answer: no step takes what an earlier one of the others has made. */
import { expectTypeOf, test } from 'vitest'
import type { Ask, Embedded, NotCached, Retrieved, Rewritten } from '../../../src/pipeline/ask.ts'
import type { readCache } from '../../../src/pipeline/cache.ts'
import type { embedQuestion } from '../../../src/pipeline/embed.ts'
import type { generateAnswer } from '../../../src/pipeline/generate.ts'
import type { retrieveContext } from '../../../src/pipeline/retrieve.ts'
import type { storeAnswer } from '../../../src/pipeline/store.ts'

type Takes<Step extends (input: never, context: never) => unknown> = Parameters<Step>[0]

test('a step that comes too early does not compile', () => {
  expectTypeOf<Ask>().not.toExtend<Takes<typeof embedQuestion>>()
  expectTypeOf<Rewritten>().not.toExtend<Takes<typeof readCache>>()
  expectTypeOf<Embedded>().not.toExtend<Takes<typeof retrieveContext>>()
  expectTypeOf<NotCached>().not.toExtend<Takes<typeof generateAnswer>>()
  expectTypeOf<Retrieved>().not.toExtend<Takes<typeof storeAnswer>>()
})
