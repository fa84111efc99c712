/** Whether the subject of a conversation is kept, or replaced by a new one: conversations made on manuals and office papers. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { smallTalkOf } from '../../../src/talk/small-talk.ts'
import { perhapsAbout, standaloneQuestion, withSearched } from '../../../src/talk/standalone.ts'

const caseSchema = z.object({
  history: z.array(z.object({ question: z.string(), answer: z.string() })),
  question: z.string(),
  /** Beginnings of words that the standalone question must have, and of those that it must not. */
  keep: z.array(z.string()),
  drop: z.array(z.string()),
})

const cases = readFileSync(new URL('../../data/followups/subjects.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => caseSchema.parse(JSON.parse(line)))

function standalone({
  history,
  question,
}: Pick<z.output<typeof caseSchema>, 'history' | 'question'>): string {
  const turns = history.filter((turn) => smallTalkOf(turn.question, false) === undefined)
  return standaloneQuestion(
    question,
    withSearched(turns.map(({ question, answer }) => ({ question, text: answer }))),
  )
}

describe('the subject of a conversation', () => {
  it('is kept in nine of ten follow-ups', () => {
    const lost = cases.filter((one) => {
      const made = standalone(one).toLowerCase()
      const has = (word: string) => made.includes(word.toLowerCase())
      return !one.keep.every(has) || one.drop.some(has)
    })
    expect(lost.length, lost.map(({ question }) => question).join('; ')).toBeLessThanOrEqual(
      0.1 * cases.length,
    )
  })

  it.each([
    ['What does A17 mean?', 'And A22?', 'What does A22 mean?'],
    ["What is Runa Holt's mobile number?", "And Iver's?", "What is Iver's mobile number?"],
    ['What is the allowance in Norway?', 'and in Latvia?', 'What is the allowance in Latvia?'],
    ['Сколько стоит билет до Перми?', 'а до Казани?', 'Сколько стоит билет до Казани?'],
    ['Когда построен пароход «Ласточка»?', 'А «Иртыш»?', 'Когда построен пароход «Иртыш»?'],
    ['What changed in version 4.1?', 'what about 4.2?', 'What changed in version 4.2?'],
    ['Когда построен пароход «Ласточка»?', 'А сколько берёт «Стрела»?', 'сколько берёт «Стрела»?'],
  ])('is replaced: %s %s', (question, followUp, expected) => {
    expect(standalone({ history: [{ question, answer: '' }], question: followUp })).toBe(expected)
  })

  it('may be the person or thing that the answer named', () => {
    const who = { question: 'Who approved the budget?', answer: 'The budget was approved by Orla Finch. [1]' }
    expect(standalone({ history: [who], question: 'Where does she work?' })).toBe(
      'Where does she (Orla Finch) work?',
    )
    const which = { question: 'Which file sets this?', answer: 'It is set in `pg_hba.conf`. [1]' }
    expect(standalone({ history: [which], question: 'How do I reload it?' })).toContain('pg_hba.conf')
  })

  it('is only supposed where a question has neither a name nor a pronoun', () => {
    const history = [{ question: 'How long is the warranty of the gateway?' }]
    expect(perhapsAbout('What is not covered?', history)).toBe('What is not covered? (long warranty gateway)')
    for (const sure of [
      'And what is not covered?',
      'Does it cover rain?',
      'Does Lisa know?',
      'What of 5.1?',
    ]) {
      expect(perhapsAbout(sure, history)).toBeUndefined()
    }
  })
})
