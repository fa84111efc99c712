import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadXquad } from '../../../bench/xquad.ts'
import { standaloneQuestion } from '../../../src/talk/standalone.ts'

const following = (earlier: string, question: string) => standaloneQuestion(question, [{ question: earlier }])

describe('a follow-up by rules', () => {
  it.each([
    [
      "When did the Hundred Years' War begin?",
      'and when did it end?',
      "when did it (Hundred Years' War) end?",
    ],
    ['What is the Eiffel Tower?', 'Who built it?', 'Who built it (Eiffel Tower)?'],
    ['Who was Friedrich Ratzel?', 'What about his students?', 'his (Friedrich Ratzel) students?'],
    ['Что такое Эйфелева башня?', 'а кто её построил?', 'кто её (Эйфелева башня) построил?'],
    ['Когда умер Никола Тесла?', 'А где?', 'где? (Никола Тесла)'],
    [
      'How do I renew my library card?',
      'How much does it cost?',
      'How much does it (renew library card) cost?',
    ],
  ])('%s … %s', (earlier, question, standalone) => {
    expect(following(earlier, question)).toBe(standalone)
  })

  it.each([
    'Where is the river Rhine?',
    'Who is Kant, and when did he die?',
    'How long does it take to get a new driving licence?',
    'Can I extend the web chat, and how do I do that?',
    'Кто написал «Войну и мир» и когда он умер?',
    'В каком году основана Варшава?',
  ])('stays as it is: %s', (question) => {
    expect(following('What is the Eiffel Tower?', question)).toBe(question)
  })

  it('goes on being about what the follow-up before was about', () => {
    const turns = [{ question: 'What is the Eiffel Tower?' }]
    const second = standaloneQuestion('Who built it?', turns)
    expect(
      standaloneQuestion('And how high is it?', [...turns, { question: 'Who built it?', searched: second }]),
    ).toBe('how high is it (Eiffel Tower)?')
  })

  it('has nothing to lean on in a conversation without a subject', () => {
    expect(following('why?', 'and when did it end?')).toBe('and when did it end?')
    expect(standaloneQuestion('Who built it?', [])).toBe('Who built it?')
  })

  it('adds its topic to every case of the follow-up set', () => {
    const lines = readFileSync(new URL('../../data/followups/cases.jsonl', import.meta.url), 'utf8')
    const cases: { question: string; followup: string }[] = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const untouched = cases.filter(({ question, followup }) => following(question, followup) === followup)
    expect(untouched.length / cases.length).toBeLessThan(0.05)
  })

  it.each(['en', 'ru'] as const)('leaves questions that stand alone as they are (%s)', (language) => {
    const { questions } = loadXquad(language)
    const changed = questions.filter(({ text }) => following('What is the Eiffel Tower?', text) !== text)
    expect(changed.length / questions.length, changed.map(({ text }) => text).join('\n')).toBeLessThan(0.12)
  })
})

it('leaves a long text alone: looking for pronouns in it takes its time', () => {
  const long = `When did it end, ${'after all '.repeat(200)}?`
  expect(standaloneQuestion(long, [{ question: "When did the Hundred Years' War begin?" }])).toBe(long)
})
