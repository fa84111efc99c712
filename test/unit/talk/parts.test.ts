import { describe, expect, it } from 'vitest'
import { loadXquad } from '../../../bench/xquad.ts'
import { partsOf } from '../../../src/talk/parts.ts'

const split = (question: string) => {
  const found = partsOf(question)
  return found && [found.kind, ...found.parts.map(({ standalone }) => standalone)]
}

describe('several questions in one message', () => {
  it.each([
    [
      'How long is a berth and what is the fee in Riga?',
      ['How long is a berth?', 'what is the fee in Riga?'],
    ],
    [
      'What is X, how many Y are there, and who gets Z?',
      ['What is X?', 'how many Y are there?', 'who gets Z?'],
    ],
    [
      'I have a Fox 2. How do I reset it? And where is the log kept?',
      ['I have a Fox 2. How do I reset it?', 'where is the log kept?'],
    ],
    ['Tell me what the fee is and who gets it all', ['Tell me what the fee is?', 'who gets it (fee) all?']],
    [
      'Is there parking and how much does it cost?',
      ['Is there parking?', 'how much does it (parking) cost?'],
    ],
    [
      'My boat leaks. What can I do about that and who repairs it?',
      ['My boat leaks. What can I do about that?', 'who repairs it (boat leaks)?'],
    ],
    ['1. How long is a berth? 2. Who gets the keys?', ['How long is a berth?', 'Who gets the keys?']],
    ['Who is Kant, and when did he die?', ['Who is Kant?', 'when did he (Kant) die?']],
    [
      'How much memory and which system does the Fox 2 need?',
      ['How much memory does the Fox 2 need?', 'which system does the Fox 2 need?'],
    ],
    [
      'До скольких работает музей и сколько стоит билет?',
      ['До скольких работает музей?', 'сколько стоит билет?'],
    ],
    ['Когда открыт зал? Есть ли буфет?', ['Когда открыт зал?', 'Есть ли буфет?']],
    [
      'Можно ли продлить пропуск и сколько это стоит?',
      ['Можно ли продлить пропуск?', 'сколько это (продлить пропуск) стоит?'],
    ],
    [
      'Сколько берут за доставку и сколько сверху за подъём?',
      ['Сколько берут за доставку?', 'сколько сверху за подъём? (берут доставку)'],
    ],
    ['Сколько стоит и где купить абонемент?', ['Сколько стоит? (купить абонемент)', 'где купить абонемент?']],
    [
      'Какой срок, кому сдавать отчёт и что будет за опоздание?',
      ['Какой срок?', 'кому сдавать отчёт?', 'что будет за опоздание?'],
    ],
  ])('%s', (question, parts) => {
    expect(split(question)).toEqual(['questions', ...parts])
  })

  it.each([
    'How and when was the bridge built?',
    'Can I extend the chat, and how do I do that?',
    'What determines who pays and who is billed?',
    'Who was king when the bridge burned and who was queen?',
    'What does "Really delete? Are you sure?" mean?',
    'What does SELECT ? FROM x mean?',
    'What time does the pool open and close?',
    'What is the fee? Thanks',
    'Which player was fined, which cost the team the game?',
    'Что делать, если забыл пароль?',
    'Знаете ли вы, где касса?',
    'Как узнать, сколько дней осталось и где их взять?',
    'Что сделал сторож, узнав о том, что мост сгорел?',
    'why? why? why? why? why?',
    `${'What is the fee of the club? '.repeat(5)}`,
    `What is it, ${'and where is the one beside the bridge '.repeat(40)}?`,
  ])('stays one: %s', (question) => {
    expect(partsOf(question)).toBeUndefined()
  })

  it('remembers each as it was asked, without what joins it', () => {
    expect(partsOf('What is the fee? And who gets the keys?')?.parts.map(({ asked }) => asked)).toEqual([
      'What is the fee',
      'who gets the keys',
    ])
  })
})

describe('one question about several things', () => {
  it.each([
    ['What is the difference between the Heron and the Wren?', ['the Heron', 'the Wren']],
    ["What's the main difference in price between A1 and B2?", ['A1 in price', 'B2 in price']],
    [
      'compare the price of the Heron, the Wren and the Kite',
      ['the Heron the price', 'the Wren the price', 'the Kite the price'],
    ],
    ['How does the Heron differ from the Wren in weight?', ['the Heron in weight', 'the Wren in weight']],
    ['Heron vs. Wren', ['Heron', 'Wren']],
    [
      'Which boat is lighter, the Heron or the Wren?',
      ['Which boat is lighter: the Heron?', 'Which boat is lighter: the Wren?'],
    ],
    [
      'How long is the guarantee on boats and on sails?',
      ['How long is the guarantee on boats?', 'How long is the guarantee on sails?'],
    ],
    [
      'What is the difference between the fee for members and for guests?',
      ['members the fee', 'guests the fee'],
    ],
    ['чем отличается цена у гончарного кружка и у ткацкого?', ['гончарного кружка цена', 'ткацкого цена']],
    ['Is the Heron lighter than the Wren?', ['the Heron', 'the Wren']],
    [
      'чем отличается гончарный кружок от ткацкого по цене?',
      ['гончарный кружок по цене', 'ткацкого по цене'],
    ],
    ['Чем «Плотва» отличается от «Щуки»?', ['«Плотва»', '«Щуки»']],
    ['В чём разница между тарифами Старт и Макси?', ['тарифами Старт', 'Макси']],
    ['что дешевле: плотва или щука?', ['что дешевле: плотва?', 'что дешевле: щука?']],
    ['Сравни тариф Старт и тариф Макси', ['тариф Старт', 'тариф Макси']],
  ])('%s', (question, parts) => {
    expect(split(question)).toEqual(['sides', ...parts])
  })
})

it('takes no question of XQuAD for several: each asks one thing', () => {
  const questions = (['en', 'ru'] as const).flatMap((language) => loadXquad(language).questions)
  expect(questions.length).toBeGreaterThan(2000)
  expect(questions.flatMap(({ text }) => (partsOf(text)?.kind === 'questions' ? [text] : []))).toEqual([])
})
