import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCorpus, testCorpus } from './extractive-corpus.ts'

/** Folder, two documents, a question, and what each of them says. */
const DIFFERENT = [
  [
    'refund',
    'Customers can ask for a refund within 14 days of the purchase.',
    'Customers can ask for a refund within 30 days of the purchase.',
    'How many days do customers have to ask for a refund?',
    ['14 days', '30 days'],
  ],
  [
    'port',
    'The server listens on port 8080 by default.',
    'By default the server listens on port 9090.',
    'Which port does the server listen on?',
    ['8080', '9090'],
  ],
  [
    'director',
    'The director of the Harbour Museum is Anna Lindgren.',
    'The director of the Harbour Museum is Peter Novak.',
    'Who is the director of the Harbour Museum?',
    ['Lindgren', 'Novak'],
  ],
  [
    'founded',
    'The Brightwater company was founded in 1998.',
    'The Brightwater company was founded in 2001.',
    'When was the Brightwater company founded?',
    ['1998', '2001'],
  ],
  [
    'vozvrat',
    'Вернуть товар можно в течение 14 дней после покупки.',
    'Вернуть товар можно в течение 30 дней после покупки.',
    'Сколько дней можно вернуть товар после покупки?',
    ['14 дней', '30 дней'],
  ],
  [
    'direktor',
    'Директор Портового музея — Анна Линдгрен.',
    'Директор Портового музея — Пётр Новак.',
    'Кто директор Портового музея?',
    ['Линдгрен', 'Новак'],
  ],
  [
    'otpusk',
    'Отпуск сотрудников составляет 28 календарных дней в году.',
    'Отпуск сотрудников составляет 31 календарный день в году.',
    'Сколько дней составляет отпуск сотрудников?',
    ['28', '31'],
  ],
] as const

/** Documents that agree, or that speak of different things. */
const AGREEING = [
  [
    'same',
    'A refund is possible within 14 days of the purchase.',
    'Within 14 days of the purchase a refund is possible for everybody.',
    'How many days are there for a refund?',
  ],
  [
    'things',
    'The Falcon printer prints 30 pages a minute.',
    'The warranty of the Falcon printer is 24 months.',
    'How many pages a minute does the Falcon printer print?',
  ],
  [
    'strany',
    'Население Арвении составляет 3 миллиона человек.',
    'Столица Арвении — город Лисс, основанный в 1204 году.',
    'Сколько человек составляет население Арвении?',
  ],
] as const

let corpus: TestCorpus
beforeAll(async () => {
  corpus = await testCorpus()
  for (const [folder, one, other] of [...DIFFERENT, ...AGREEING]) {
    await corpus.add(`${folder}/one.md`, `${one}\n`)
    await corpus.add(`${folder}/other.md`, `${other}\n`)
  }
}, 120_000)
afterAll(() => corpus[Symbol.asyncDispose]())

describe('documents that contradict each other', () => {
  it.each(DIFFERENT)(
    '%s: both are shown, and that they differ',
    async (folder, _one, _other, question, said) => {
      const { text, citations } = await corpus.ask(question, `${folder}/`)
      expect(text).toMatch(/^(?:The documents differ on this:|Документы говорят об этом разное:)\n\n/)
      expect(new Set(citations.map(({ uri }) => uri)).size).toBe(2)
      for (const value of said) expect(text).toContain(value)
      for (const citation of citations)
        expect(corpus.text(citation.uri).slice(citation.start, citation.end)).toBe(citation.text)
    },
  )

  it.each(AGREEING)('%s: nothing is said to differ', async (folder, _one, _other, question) => {
    const { text, refused } = await corpus.ask(question, `${folder}/`)
    expect(refused).toBe(false)
    expect(text).not.toMatch(/differ|разное/)
  })
})
