import { describe, expect, it } from 'vitest'
import { loadXquad } from '../../../bench/xquad.ts'
import { LANGUAGES } from '../../../src/domain/language.ts'
import { lastAnswerWish } from '../../../src/talk/last-answer.ts'

describe('what is wanted of the answer before', () => {
  it.each([
    [
      'sources',
      ['source?', 'where did you get that?', 'which document is that from?', 'how do you know that?'],
    ],
    ['sources', ['источник?', 'откуда это?', 'где это написано?', 'в каком документе?']],
    ['more', ['all of them', 'the rest please', 'tell me more', 'in more detail', 'what else?', 'go on']],
    ['more', ['подробнее', 'а подробнее?', 'покажи остальные', 'что ещё?', 'продолжай', 'все']],
    [
      'translation',
      ['in English please', 'translate it into German', 'на английском', 'по-русски', 'переведи это'],
    ],
  ] as const)('%s: %s', (wish, messages) => {
    for (const message of messages) expect([message, lastAnswerWish(message)]).toEqual([message, wish])
  })

  it.each([
    'Where does the river come from?',
    'What is the source of the leak?',
    'all staff of the office',
    'How do I show more rows?',
    'which file sets the port?',
    'Is the manual in English?',
    'Какие остальные документы нужны?',
    'расскажи про отпуск',
  ])('is a question of its own: %s', (question) => {
    expect(lastAnswerWish(question)).toBeUndefined()
  })

  it('is no question of XQuAD', () => {
    for (const language of LANGUAGES) {
      expect(loadXquad(language).questions.filter(({ text }) => lastAnswerWish(text) !== undefined)).toEqual(
        [],
      )
    }
  })
})
