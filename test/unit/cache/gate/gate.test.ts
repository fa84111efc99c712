import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compareQuestions } from '../../../../src/cache/gate/gate.ts'
import type { Language } from '../../../../src/domain/language.ts'
import { type Opposite, oppositesOf, swappedWords, templateOpposites } from '../../../support/opposites.ts'

const LANGUAGES: readonly Language[] = ['en', 'ru']

/** XQuAD's questions: test/data/xquad/NOTICE. */
function questions(language: Language): string[] {
  const file = new URL(`../../../data/xquad/queries.${language}.jsonl`, import.meta.url)
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => String(JSON.parse(line).text))
}

const taken = (pairs: readonly Opposite[], language: Language) =>
  pairs.filter(({ a, b }) => compareQuestions(a, b, language).kind !== 'different')

describe('what asks the same is the same', () => {
  test.each([
    ['How do I reset my password?', 'How can I reset my password?'],
    ['How do I reset my password?', 'how to reset my password'],
    ['What is the best way to learn Java?', 'How do I learn Java?'],
    ['Who built the tower?', 'Please tell me who built the tower'],
    ["What's the capital of France?", "What is France's capital?"],
    ['In 1995, who won the prize?', 'Who won the prize in 1995?'],
    ['What is the reason why the sky is blue?', 'Why is the sky blue?'],
    ['In which year did the war end?', 'When did the war end?'],
    ['Which are the best laptops?', 'What is the best laptop?'],
    ['How many people live in the USA?', 'How many people live in the United States?'],
    ['Who invented the telephone?', 'Who invented\u200b  the TELEPHONE'],
    ['What does 1,000 dollars buy?', 'What does $1000 buy?'],
    ["Isn't it cold in Oslo?", 'Is not it cold in Oslo?'],
  ])('%s = %s', (a, b) => {
    expect(compareQuestions(a, b, 'en')).toEqual({ kind: 'same' })
    expect(compareQuestions(b, a, 'en')).toEqual({ kind: 'same' })
  })

  test.each([
    ['Как сбросить пароль?', 'Как мне сбросить пароль?'],
    ['Как можно сбросить пароль?', 'Подскажите, пожалуйста, как сбросить пароль'],
    ['В каком году закончилась война?', 'Когда закончилась война?'],
    ['Каким образом растёт ель?', 'Как растет ель'],
    ['Сколько стран граничит с Польшей?', 'Какое количество стран граничит с Польшей?'],
    ['По какой причине небо голубое?', 'Почему небо голубое?'],
  ])('%s = %s', (a, b) => {
    expect(compareQuestions(a, b, 'ru')).toEqual({ kind: 'same' })
    expect(compareQuestions(b, a, 'ru')).toEqual({ kind: 'same' })
  })
})

describe('a word exchanged for another asks something else, however common both are', () => {
  test.each([
    ['What may employees bring?', 'What must employees bring?'],
    ['When can I cancel?', 'When must I cancel?'],
    ['What should I do when the alarm rings?', 'What may I do when the alarm rings?'],
    ['How do I get help?', 'How do I give help?'],
    ['Where can I get blood?', 'Where can I give blood?'],
    ['Where is the answer to exercise 5?', 'Where is the question to exercise 5?'],
    ['Do I want to go?', 'Do I have to go?'],
    ['Is it available in German?', 'Is it possible in German?'],
    ['How does the client authenticate the server?', 'How does the server authenticate the client?'],
    ['How many students per teacher are there?', 'How many teachers per student are there?'],
    ['What happens if I start before I pay?', 'What happens if I pay before I start?'],
    ['Are all cats animals?', 'Are all animals cats?'],
    ['what is the factor of 24', 'what are even factors of 24'],
  ])('%s ≠ %s', (a, b) => {
    expect(compareQuestions(a, b, 'en').kind).toBe('different')
    expect(compareQuestions(b, a, 'en').kind).toBe('different')
  })

  test.each([
    ['Что можно приносить?', 'Что нужно приносить?'],
    ['Где ответ на задание 5?', 'Где вопрос на задание 5?'],
    ['Как получить помощь?', 'Как оказать помощь?'],
    ['Как сервер проверяет клиента?', 'Как клиент проверяет сервер?'],
    ['Бытие определяет сознание?', 'Сознание определяет бытие?'],
    ['Сколько учеников на одного учителя?', 'Сколько учителей на одного ученика?'],
    ['Гостиницы на юге города', 'Гостиницы на севере города'],
  ])('%s ≠ %s', (a, b) => {
    expect(compareQuestions(a, b, 'ru').kind).toBe('different')
    expect(compareQuestions(b, a, 'ru').kind).toBe('different')
  })
})

test('a refusal names what makes the difference', () => {
  const reason = (a: string, b: string) => {
    const verdict = compareQuestions(a, b, 'en')
    return verdict.kind === 'different' ? verdict.reason : verdict.kind
  }
  expect(reason('Who won in 1995?', 'Who won in 1996?')).toBe('number')
  expect(reason('Who is the owner?', 'Who is not the owner?')).toBe('negation')
  expect(reason('When did it end?', 'Where did it end?')).toBe('question-word')
  expect(reason('How far is Oslo?', 'How far is Rome?')).toBe('name')
  expect(reason('Who beat Anna?', 'Anna beat who?')).toBe('order')
  expect(reason('Who was beaten?', 'Who beat?')).toBe('tense')
  expect(reason('Flights to Oslo today?', 'Flights from Oslo today?')).toBe('direction')
  expect(reason('Is the red car fast?', 'Is the blue car fast?')).toBe('content')
})

describe('minimal opposites', () => {
  const made = LANGUAGES.flatMap((language) => {
    const fromQuestions = questions(language).flatMap((question) => oppositesOf(question, language))
    return [...fromQuestions, ...templateOpposites(language)].map((pair) => ({ ...pair, language }))
  })

  test('there are thousands of each language and dozens of kinds', () => {
    for (const language of LANGUAGES) {
      expect(made.filter((pair) => pair.language === language).length).toBeGreaterThan(2000)
    }
    expect(new Set(made.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(18)
  })

  test.each(LANGUAGES)('none of them is the same question (%s)', (language) => {
    expect(
      taken(
        made.filter((pair) => pair.language === language),
        language,
      ),
    ).toEqual([])
  })

  test.each(LANGUAGES)('two words that change places make another question (%s)', (language) => {
    const pairs = questions(language).flatMap(swappedWords)
    expect(pairs.length).toBeGreaterThan(1500)
    // What is left moves a word like `actually` or `называется`, which changes nothing.
    expect(taken(pairs, language).length / pairs.length).toBeLessThan(0.012)
  })
})

test.each([
  ['How do I pay you?', 'How do you pay me?'],
  ['How to contact you?', 'How to contact me?'],
  ['How can I see my data?', 'How can you see my data?'],
  ['How do you use my data?', 'How do I use your data?'],
  ['What does -v do?', 'What does -V do?'],
  ['How do I improve latency?', 'How do I increase latency?'],
])('%s is not %s', (a, b) => {
  expect(compareQuestions(a, b, 'en').kind).toBe('different')
})

test('long, empty and strange questions are compared without harm', () => {
  const long = 'why '.repeat(2000)
  expect(compareQuestions(long, `${long} not`, 'en').kind).toBe('different')
  expect(compareQuestions('???', '!!!', 'en').kind).toBe('different')
  expect(compareQuestions('🙂', '🙁', 'ru').kind).toBe('different')
  expect(compareQuestions('SELECT 1', 'SELECT 2', 'en').kind).toBe('different')
  expect(compareQuestions('東京はどこ', '京都はどこ', 'en').kind).toBe('different')
})
