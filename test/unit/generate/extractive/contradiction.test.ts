import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestCorpus, testCorpus } from './corpus.ts'

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
  [
    'ticket',
    'A day ticket for the ferry costs 12 euros.',
    'The price of a day ticket for the ferry is 15 euros.',
    'How much does a day ticket for the ferry cost?',
    ['12', '15'],
  ],
  [
    'retention',
    'Deleted files are kept in the trash for 14 days before they are removed.',
    'The trash keeps deleted files for 30 days.',
    'How long are deleted files kept in the trash?',
    ['14', '30'],
  ],
  [
    'timeout',
    'The default timeout of the gateway is 30 seconds.',
    'By default, the gateway has a timeout of 60 seconds.',
    'What is the default timeout of the gateway?',
    ['30', '60'],
  ],
  [
    'launched',
    'The Meridian probe was launched in 2014 from the northern site.',
    'The Meridian probe was launched in 2016.',
    'When was the Meridian probe launched?',
    ['2014', '2016'],
  ],
  [
    'most',
    'Длина Лунного моста — 420 метров.',
    'Лунный мост имеет длину 385 метров.',
    'Какая длина у Лунного моста?',
    ['420', '385'],
  ],
  [
    'osnovan',
    'Завод «Заря» основан в 1931 году.',
    'Завод «Заря» был основан в 1934 году.',
    'Когда был основан завод «Заря»?',
    ['1931', '1934'],
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
  [
    'plague',
    'The Grey Fever reached Albion in 1349.',
    'The Grey Fever struck the capital of Albion again in 1563, 1603 and 1665.',
    'When did the Grey Fever reach Albion?',
  ],
  [
    'years',
    'In 2019 the Lakeside plant made 400 boats.',
    'In 2021 the Lakeside plant made 650 boats.',
    'How many boats did the Lakeside plant make in 2021?',
  ],
  [
    'basin',
    'The basin of the Oro covers 70,000 square kilometres.',
    'Between two surveys the forest lost in the basin of the Oro rose to 5,800 square kilometres.',
    'How many square kilometres does the basin of the Oro cover?',
  ],
  [
    'campus',
    'The Kestrel Stadium stands on a campus of 35 hectares in Alden.',
    'The schools of the university, the library and the Kestrel Stadium are spread over Alden and 12 hectares in Brook.',
    'Where does the Kestrel Stadium stand?',
  ],
  [
    'editions',
    'Version 2 of the driver supports 16 channels.',
    'Version 3 of the driver supports 32 channels.',
    'How many channels does version 2 of the driver support?',
  ],
  [
    'roles',
    'The director of the Tide Theatre is Anna Lindgren.',
    'The head of the choir of the Tide Theatre is Peter Novak.',
    'Who is the director of the Tide Theatre?',
  ],
  [
    'forms',
    'The trial of the pump lasted 48 hours.',
    'The trial of the pump lasted two days.',
    'How long did the trial of the pump last?',
  ],
  [
    'geolog',
    'Первым геологом Арвении считают Ивана Лосева.',
    'Некоторые учёные, такие как Пётр Рудин, ведут геологию Арвении от трудов монахов.',
    'Кого считают первым геологом Арвении?',
  ],
  [
    'ispytaniya',
    'Испытания «Волны» начались утром 27 января.',
    'На январь были назначены испытания «Волны», в которых предполагалось проверить отсчёт на площадке 34.',
    'Когда начались испытания «Волны»?',
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
    const { text, certainty } = await corpus.ask(question, `${folder}/`)
    expect(certainty).toBe('answered')
    expect(text).not.toMatch(/differ|разное/)
  })

  it('are about one thing: a name in the path of one of them tells them apart', async () => {
    await corpus.add('piers/Northhaven.md', '# Notes\n\nBuilt in 1911.\n\nPier master: D. Moss\n')
    await corpus.add('piers/Elmsby.md', '# Notes\n\nBuilt in 1874.\n\nPier master: A. Rook\n')
    const { text, citations } = await corpus.ask('Who is the pier master of Northhaven?', 'piers/')
    expect(text).not.toMatch(/differ/)
    expect(citations[0]?.uri).toMatch(/Northhaven/)
    expect(text).toContain('D. Moss')
  })
})
