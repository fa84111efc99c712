/** Messages that ask several things at once, on a real daemon. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { answerOf, greeted, type RawSocket, textOf } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

let daemon: TestDaemon
let client: RawSocket

beforeAll(async () => {
  daemon = await startTestDaemon()
  const files = {
    'harbour.md':
      '# Harbour\n\nThe harbour office opens at 8 in the morning. A berth costs 30 euros a night.',
    'club.md': '# Club\n\nMembers pay 120 euros a year. New members are admitted by the board in May.',
    'boats.md':
      '# Boats\n\n## Heron\n\nThe Heron carries four people and weighs 310 kilograms.\n\n## Osprey\n\nThe Osprey carries six people and weighs 480 kilograms.\n\n## Wren\n\nThe Wren is a dinghy without a sail.',
    'motors.md': `# Motors\n\n| Motor | Power | Price |\n|---|---|---|\n${Array.from('ABCDEFGHIJKLMNOP', (letter, index) => `| ${letter}lto | ${index + 3} kW | ${500 + 130 * index} euros |`).join('\n')}`,
    'музей.md':
      '# Музей\n\nМузей открыт с 11 до 18 часов. Билет для взрослых стоит 350 рублей.\n\nФотоаппарат сдают в гардероб.',
    'кружки.md':
      '# Кружки\n\n## Гончарный\n\nГончарный кружок занимается по вторникам и стоит 2000 рублей в месяц.\n\n## Ткацкий\n\nТкацкий кружок занимается по субботам и стоит 1500 рублей в месяц.',
  }
  for (const [name, text] of Object.entries(files)) await upload(daemon, 'default', name, text)
  client = await greeted(daemon)
})
afterAll(async () => {
  await client?.[Symbol.asyncDispose]()
  await daemon?.[Symbol.asyncDispose]()
})

test.each([
  ['When does the harbour office open and who admits new members?', ['8', 'board']],
  ['What does a berth cost, how much do members pay, and who admits new ones?', ['30', '120', 'board']],
  ['How much is a berth? And when are new members admitted?', ['30', 'May']],
  ['До скольких работает музей и сколько стоит билет для взрослых?', ['18', '350']],
  ['Сколько стоит билет для взрослых? Куда сдают фотоаппарат?', ['350', 'гардероб']],
  ['What is the difference between the Heron and the Osprey?', ['310', '480']],
  ['Which boat is lighter, the Heron or the Osprey?', ['310', '480']],
  ['Is the Heron heavier than the Osprey?', ['310', '480']],
  ['чем гончарный кружок отличается от ткацкого?', ['2000', '1500']],
  ['что дешевле: гончарный или ткацкий кружок?', ['2000', '1500']],
])('%s', async (question, told) => {
  const { events, answer } = await asked(question)
  expect(answer.certainty).toBe('answered')
  for (const key of told) expect(answer.text).toContain(key)
  expect(textOf(events)).toBe(answer.text)
  const marks = Array.from(answer.text.matchAll(/\[(\d+)\]/gu), ([, number]) => Number(number))
  expect(marks).toEqual(answer.citations.map(({ number }) => number))
  expect(marks).toEqual(marks.map((_, index) => index + 1))
})

test.each([
  [
    'When does the harbour office open and who repairs the church organ in Vilnius?',
    '8',
    'Not found: “who repairs the church organ in Vilnius”.',
  ],
  [
    'Сколько стоит билет для взрослых и кто ремонтирует орган в Вильнюсе?',
    '350',
    'Не найдено: «кто ремонтирует орган в Вильнюсе».',
  ],
])('says what is not found, and does not remember that: %s', async (question, told, line) => {
  for (let time = 0; time < 2; time += 1) {
    const { answer } = await asked(question)
    expect(answer).toMatchObject({ certainty: 'answered', cached: false })
    expect(answer.text).toContain(told)
    expect(answer.text).toContain(line)
  }
})

test('rows of one table are compared in one table', async () => {
  const { answer } = await asked('Which motor is cheaper: Blto or Nlto?')
  expect(answer.text).toMatch(/^\| Motor [^[]*\| Blto \| 4 kW [^[]*\| Nlto \| 16 kW [^[]*\[1\]$/u)
  expect(answer.text.match(/Motor/gu)).toHaveLength(1)
})

test('says which side of a comparison is not found', async () => {
  const { answer } = await asked('Compare the Heron and the Kestrel')
  expect(answer).toMatchObject({ certainty: 'answered' })
  expect(answer.text).toContain('310')
  expect(answer.text).toContain('Not found: “the Kestrel”.')
})

test('is refused as one question if nothing is found, and remembered if all is', async () => {
  const { answer } = await asked('Who repairs the church organ in Vilnius and how many pipes does it have?')
  expect(answer.certainty).not.toBe('answered')
  expect(answer.text).not.toContain('Not found: ')
  await asked('When does the harbour office open and what does a berth cost?')
  const again = await asked('When does the harbour office open and what does a berth cost?')
  expect(again.answer.cached).toMatchObject({ tier: 'exact' })
})

test('the passages of all parts are the context, each once', async () => {
  const { events } = await asked('How much do members pay and how much is a ticket for the museum?')
  const passages = events.flatMap((event) => (event.type === 'context' ? event.passages : []))
  expect(passages.map(({ number }) => number)).toEqual(passages.map((_, index) => index + 1))
  expect(new Set(passages.map(({ chunk }) => chunk)).size).toBe(passages.length)
})

async function asked(question: string) {
  const reply = await client.ask(question)
  return { events: reply.events, answer: answerOf(reply) }
}
