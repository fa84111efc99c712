import { describe, expect, test } from 'vitest'
import {
  areDifferentThings,
  namesAnotherThing,
  thingsAsked,
} from '../../../../src/generate/editions/things.ts'

const said = (text: string, about = '') => ({ text, about })

describe('two statements are about', () => {
  test.each([
    ['How heavy is the desk?', 'The birch desk weighs 31 kilograms.', 'The steel desk weighs 52 kilograms.'],
    ['Сколько стоит плед?', 'Льняной плед стоит 1890 рублей.', 'Хлопковый плед стоит 1450 рублей.'],
  ])('different things: %s', (question, a, b) => {
    expect(areDifferentThings(thingsAsked(question), said(a), said(b))).toBe(true)
  })

  test.each([
    [
      'How many people does the red boat carry?',
      'The red boat carries 8 people.',
      'The red boat carries 6 people.',
    ],
    ['At which door does it arrive?', 'It arrives at the side door.', 'It arrives at the main door.'],
    ['When is the arrival?', 'Arrival: Saturday 12 July', 'Arrival: Friday 4 July'],
    ['Сколько дней отпуск?', 'Отпуск 28 календарных дней.', 'Отпуск 31 календарный день.'],
  ])('one thing: %s', (question, a, b) => {
    expect(areDifferentThings(thingsAsked(question), said(a), said(b))).toBe(false)
  })
})

describe('a question', () => {
  const desks = [
    said('The birch desk weighs 31 kilograms.', 'Birch desk'),
    said('The steel desk weighs 52 kilograms.', 'Steel desk'),
  ]
  const plaids = [said('Льняной плед стоит 1890 рублей.'), said('Хлопковый плед стоит 1450 рублей.')]
  const tickets = [said('A ticket for adults costs 11.'), said('A ticket for families costs 23.')]
  const ask = (question: string, all: typeof desks) =>
    all[0] !== undefined && namesAnotherThing(question, all[0], all)

  test.each([
    ['How heavy is the bamboo desk?', desks],
    ['Сколько стоит шёлковый плед?', plaids],
    ['Какая цена у бамбукового пледа?', plaids],
    ['What is a ticket for dogs?', tickets],
  ])('names a thing that no text names: %s', (question, all) => {
    expect(ask(question, all)).toBe(true)
  })

  test.each([
    ['How heavy is the steel desk?', desks],
    ['How heavy is the stel desk?', desks],
    ['How do I lift the desk?', desks],
    ['Как стирать плед?', plaids],
    ['What is a ticket for adults?', tickets],
  ])('names no other thing: %s', (question, all) => {
    expect(ask(question, all)).toBe(false)
  })
})
