import { expect, test } from 'vitest'
import { identifiersIn } from '../../../src/text/identifiers.ts'

test.each([
  ['What does F07 mean?', ['f07']],
  ['The machine shows F15. Why?', ['f15']],
  ['What is TERN_REDIS_URL?', ['tern_redis_url']],
  ['Change tiles.cacheMegabytes, please.', ['tiles.cachemegabytes']],
  ['balance of customer K00777', ['k00777']],
  ['Ticket QH-20418 and phone 8 (495) 555-09-99', ['qh-20418', '555-09-99']],
  ['invoice 20418', ['20418']],
  ['sensor LE-T3-01', ['le-t3-01', 't3']],
  ['How much is 250kg on the 5th, in the 1990s or at 10:30pm?', []],
  ['How long does it take in 2024?', []],
  ['e.g. this', []],
])('%s', (text, expected) => {
  expect([...identifiersIn(text)]).toEqual(expected)
})

test('letters that look alike are equal', () => {
  expect(identifiersIn('ошибка Е09')).toEqual(identifiersIn('error E09'))
})
