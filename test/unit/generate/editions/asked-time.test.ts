import { expect, test } from 'vitest'
import { askedTime, rootsWithoutTime } from '../../../../src/generate/editions/asked-time.ts'

test.each([
  ['What does a ticket cost?', 'newest'],
  ['What does a ticket cost now?', 'newest'],
  ['Сколько сейчас стоит билет?', 'newest'],
  ['Где ключ по последней редакции?', 'newest'],
  ['What was the previous price?', 'older'],
  ['Какой была прежняя цена?', 'older'],
  ['What was the price originally?', 'oldest'],
  ['Какой была первоначальная цена?', 'oldest'],
])('%s asks for the %s', (question, kind) => {
  expect(askedTime(question).kind).toBe(kind)
})

test.each([
  ['What did it cost in 2021?', { isBefore: false, isCertain: true }],
  ['What did it cost before 2020?', { isBefore: true, isCertain: true }],
  ['Где был ключ по регламенту 2021 года?', { isBefore: false, isCertain: true }],
  ['Сколько стоил билет до 2020 года?', { isBefore: true, isCertain: true }],
  ['Can I spend 2000 euros?', { isBefore: false, isCertain: false }],
])('%s names a year', (question, expected) => {
  expect(askedTime(question)).toMatchObject({ kind: 'period', ...expected })
})

test.each([
  ['How many requests does version 2 accept?', [2], false],
  ['Что было до версии 3?', [3], true],
  ['Что сказано в первой редакции?', [1], false],
])('%s names a version', (question, version, isBefore) => {
  expect(askedTime(question)).toEqual({ kind: 'version', version, isBefore })
})

test('words of time are no words of the thing', () => {
  expect([...rootsWithoutTime('What is the current fee in 2021?')]).toEqual(['fee'])
  expect([...rootsWithoutTime('Сколько сейчас стоит билет?')].length).toBe(2)
})
