import { afterEach, expect, it, vi } from 'vitest'
import type { AskEvent } from '../../../src/client/client.ts'
import type { Answer } from '../../../src/domain/answer.ts'
import { CERTAINTIES, type Certainty } from '../../../src/domain/certainty.ts'
import { endOf } from '../../../src/terminal/certainty-words.ts'
import { renderAnswer } from '../../../src/terminal/render-answer.ts'

afterEach(() => vi.restoreAllMocks())

/** What `chatbot ask` writes to stdout and stderr. */
async function printed(certainty: Certainty): Promise<{ out: string; err: string }> {
  const said = { out: '', err: '' }
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text)
    return true
  })
  const answer: Answer = {
    ...{ id: 'a', conversation: 'c', question: 'Why?', text: 'Closest: so.', certainty, citations: [] },
    ...{ cached: false, generator: 'extractive', language: 'en', timings: {}, warnings: [] },
  }
  async function* events(): AsyncGenerator<AskEvent> {
    yield { type: 'done', answer }
  }
  await renderAnswer(events())
  vi.restoreAllMocks()
  return said
}

it('an unsure answer is marked where it is printed, beside its text', async () => {
  expect(await printed('unsure')).toEqual({
    out: 'Closest: so.\n',
    err: 'Note: unsure: the documents do not say this directly.\n',
  })
  expect((await printed('answered')).err).toBe('')
  expect((await printed('not_found')).err).toBe('')
})

it('a turn is marked where it is not complete or not sure', () => {
  const ends = CERTAINTIES.map((certainty) => endOf({ state: 'complete', certainty, refused: false }))
  expect(ends).toEqual([undefined, 'unsure', undefined, undefined])
  expect(endOf({ state: 'complete', refused: true })).toBeUndefined()
  expect(endOf({ state: 'failed', certainty: 'answered', refused: false })).toBe('failed')
})
