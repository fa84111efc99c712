/** Questions about the documents themselves, on a real daemon: complete, right, and nothing of what may not be read. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { answerOf, greeted, type RawSocket, textOf } from '../support/raw-socket.ts'
import { upload } from '../support/upload.ts'

const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  harbour: {
    '/h/notes/dredging-report-2025.md':
      '---\ntitle: Dredging report 2025\nauthor: Ines Koval\ndate: 2025-06-14\nversion: 2.1\n---\n# Dredging report 2025\n\nThe north basin was dredged to 6.5 m. The pump P-77 failed twice.\n\n## Costs\n\nThe work cost 41,000 EUR. Silt was sold to the brickworks.\n\n## Next steps\n\nThe south basin follows in May 2026.',
    '/h/notes/dredging-report-2024.md':
      '---\ntitle: Dredging report 2024\nauthor: Tove Lind\ndate: 2024-05-30\n---\n# Dredging report 2024\n\nOnly the quay wall was cleaned. No pump was used.\n\n## Costs\n\nThe work cost 12,000 EUR.',
    '/h/notes/minutes-2025-09-03.md':
      '# Harbour board minutes, 3 September 2025\n\nPresent: Ines Koval, Tove Lind.\n\n## Decisions\n\n- The cafe\u0301 gets a new roof.\n- HARBOUR_MAX_DRAUGHT is set to 5.8 by Tove Lind.\n- The pumps are replaced.',
    '/h/rules/mooring.md':
      '# Mooring rules\n\nMoor with two lines. Read `harbour_max_draught_override` before you enter.\n\n## Fees\n\nThe fee is paid at the café.',
    '/h/rules/signals.txt':
      'Signals\n\nA black ball means that the port is closed.\nThe wind mill of the old port is no signal.',
    '/h/members.csv':
      'name,town,kind\nAda Arden,Porto,junior\nBo Heath,Graz,senior\nCleo Esk,Turku,junior\nDag Birk,Porto,senior\nEde Inch,Porto,junior\nFay Flint,Turku,honorary\n',
  },
  sad: {
    '/s/Отчёты/яблони.md':
      '---\ntitle: Отчёт о яблонях\nauthor: Нил Громов\ndate: 2025-03-21\n---\n# Отчёт о яблонях\n\nЯблони обрезаны в марте. Ёжики живут под старой яблоней.\n\n## Удобрения\n\nВнесён компост. Насос Н-12 исправен.',
    '/s/Отчёты/груши.md':
      '---\ntitle: Отчёт о грушах\nauthor: Вера Лунина\ndate: 2025-04-11\n---\n# Отчёт о грушах\n\nГруши поливают утром. Компоста не хватило.\n\n## Болезни\n\nПарши нет.',
    '/s/Протоколы/протокол-2025-04-11.md':
      '# Протокол собрания от 11 апреля 2025\n\nПрисутствовали: Нил Громов и Вера Лунина.\n\n## Решения\n\n- Купить насос до мая.\n- Елочку у ворот не трогать.',
    '/s/Протоколы/протокол-2025-05-16.md':
      '# Протокол собрания от 16 мая 2025\n\nПрисутствовала Вера Лунина.\n\n## Решения\n\n- Насосы проверять каждую весну.',
    '/s/правила.md': '# Правила сада\n\nКостры запрещены. За полив отвечает дежурный.',
  },
  secret: {
    '/x/payroll.md':
      '# Payroll\n\nThe pump keeper Ines Koval earns 9,999 EUR. Насос записан на Нила Громова.',
  },
}

let daemon: TestDaemon
let client: RawSocket

beforeAll(async () => {
  daemon = await startTestDaemon()
  for (const [collection, files] of Object.entries(FILES))
    for (const [uri, text] of Object.entries(files)) await upload(daemon, collection, uri, text)
  client = await greeted(daemon)
}, 120_000)
afterAll(async () => {
  await client?.[Symbol.asyncDispose]()
  await daemon?.[Symbol.asyncDispose]()
})

/** What every answer must be: bounded, streamed whole, and each quotation exactly the stored text. */
async function ask(question: string, collection: string, more: object = {}) {
  const asked = await client.ask(question, { collections: [collection], ...more })
  const answer = answerOf(asked)
  expect(answer.text.length).toBeLessThanOrEqual(1500)
  expect(textOf(asked.events)).toBe(answer.text)
  for (const { document, start, end, text } of answer.citations) {
    const stored = await daemon.api.call('getDocumentText', {
      params: { reference: document },
      query: { start, end },
    })
    expect(stored.text.slice(start - stored.start, end - stored.start)).toBe(text)
  }
  answer.citations.forEach(({ number }, at) => {
    expect(number).toBe(at + 1)
    expect(answer.text).toContain(`[${number}]`)
  })
  return answer
}

const isCatalogue = (answer: ReturnType<typeof answerOf>) => Object.keys(answer.timings).join() === 'total'

/** Of these files, those whose text fits; front matter is no text. */
const holding = (collection: string, pattern: RegExp): string[] =>
  Object.entries(FILES[collection] ?? {})
    .filter(([, text]) => pattern.test(text.replace(/^---[\s\S]*?---/u, '').normalize('NFC')))
    .map(([uri]) => uri)
    .sort()

describe('members', () => {
  test.each<[collection: string, question: string, pattern: RegExp]>([
    ['harbour', 'Which documents mention pumps?', /\bpumps?\b/iu],
    ['harbour', 'which files mention the PUMP', /\bpumps?\b/iu],
    ['harbour', 'How many documents mention Ines Koval?', /Ines Koval/u],
    ['harbour', 'Which documents mention "Tove Lind"?', /Tove Lind/u],
    ['harbour', 'In how many documents does P-77 occur?', /P-77/u],
    ['harbour', 'list all documents that contain the word cafe', /caf[ée]/iu],
    ['harbour', 'Which documents mention harbour_max_draught?', /HARBOUR_MAX_DRAUGHT\b/u],
    ['harbour', 'which documents mention draught', /draught/iu],
    ['harbour', 'Show me the documents that mention the brickworks', /brickworks/u],
    ['harbour', 'What files talk about silt?', /silt/iu],
    ['harbour', 'how many files mention the south basin', /south basin/u],
    ['harbour', 'Are there any documents about roofs?', /roof/iu],
    ['harbour', 'which documents mention the north basin?', /north basin/u],
    ['harbour', 'Where is silt mentioned?', /silt/iu],
    ['sad', 'В каких документах упоминается насос?', /насос/iu],
    ['sad', 'Сколько документов упоминают Веру Лунину?', /Вера Лунина/u],
    ['sad', 'в каких файлах встречается компост', /компост/iu],
    ['sad', 'В скольких документах упоминается Нил Громов?', /Нил Громов/u],
    ['sad', 'где упоминается Н-12?', /Н-12/u],
    ['sad', 'покажи документы про ёлочку', /[её]лочк/iu],
    ['sad', 'в каких документах есть слово ежик', /[её]жик/iu],
    ['sad', 'список документов, где упоминаются костры', /костр/iu],
    ['sad', 'В каких файлах говорится о поливе?', /полив/iu],
  ])('%s: %s', async (collection, question, pattern) => {
    const expected = holding(collection, pattern)
    const answer = await ask(question, collection)
    expect(isCatalogue(answer)).toBe(true)
    expect(answer.certainty).toBe('answered')
    expect(answer.citations.map(({ uri }) => uri).sort()).toEqual(expected)
    expect(answer.text.slice(0, 100)).toContain(String(expected.length))
    for (const { text } of answer.citations) expect(text.normalize('NFC')).toMatch(pattern)
  })

  test.each([
    ['harbour', 'How many documents mention Kubernetes?', /^No document/u],
    ['harbour', 'Which documents mention win?', /^No document/u],
    ['sad', 'в каких документах упоминается трактор', /^Нет ни одного документа/u],
  ])('%s: %s: none', async (collection, question, text) => {
    const answer = await ask(question, collection)
    expect(answer).toMatchObject({ certainty: 'answered', refused: false, citations: [] })
    expect(answer.text).toMatch(text)
  })

  test('names and headings come first, where something is asked about', async () => {
    const answer = await ask('list all files about dredging', 'harbour')
    expect(answer.citations.map(({ uri }) => uri)).toEqual([
      '/h/notes/dredging-report-2024.md',
      '/h/notes/dredging-report-2025.md',
    ])
    expect((await ask('какие есть документы о грушах', 'sad')).citations[0]?.uri).toBe('/s/Отчёты/груши.md')
  })

  test('words that stand apart are not passed off as the phrase', async () => {
    const answer = await ask('which documents mention pump failed', 'harbour')
    expect(answer.text).not.toMatch(/^\d+ of/u)
  })

  test('a filter leaves documents out', async () => {
    const answer = await ask('Which documents mention pumps?', 'harbour', {
      filter: { paths: ['**/*2024*'] },
    })
    expect(answer.citations.map(({ uri }) => uri)).toEqual(['/h/notes/dredging-report-2024.md'])
  })
})

describe('the collection', () => {
  test.each([
    ['harbour', 'How many documents are there?', /^6 /u],
    ['sad', 'Сколько документов загружено?', /^Всего загружено.*: 5 /u],
    ['harbour', 'What documents do you have?', /6 documents[\s\S]*Dredging report 2025[\s\S]*Mooring rules/u],
    ['sad', 'о чём тут можно спросить?', /5 документах[\s\S]*Отчёт о яблонях[\s\S]*Правила сада/u],
  ])('%s: %s', async (collection, question, text) => {
    const answer = await ask(question, collection)
    expect(answer.certainty).toBe('answered')
    expect(answer.text).toMatch(text)
  })

  test('many members are counted, and a command shows all', async () => {
    for (let at = 0; at < 25; at += 1)
      await upload(daemon, 'many', `/m/${at}.md`, `# Note ${at}\n\nThe lantern ${at} is lit every evening.`)
    const answer = await ask('which documents mention the lantern?', 'many')
    expect(answer.text).toMatch(/^25 of 25 documents mention/u)
    const hidden = Number(/and (\d+) more/u.exec(answer.text)?.[1])
    expect(answer.citations.length + hidden).toBe(25)
    expect(answer.text).toContain('chatbot search')
  })
})

describe('one document', () => {
  test.each([
    [
      'harbour',
      'summarise the dredging report of 2025',
      'dredging-report-2025.md',
      /Costs[\s\S]*Next steps/u,
    ],
    ['harbour', 'tl;dr of the minutes of 3 September', 'minutes-2025-09-03.md', /Decisions/u],
    ['harbour', 'What is in mooring.md?', 'mooring.md', /Fees/u],
    ['sad', 'перескажи протокол от 11 апреля', 'протокол-2025-04-11.md', /насос до мая/u],
    ['sad', 'о чём отчёт о яблонях?', 'яблони.md', /Удобрения/u],
    ['harbour', 'Who wrote the dredging report of 2024?', 'dredging-report-2024.md', /Tove Lind/u],
    ['harbour', 'When was the dredging report 2025 published?', 'dredging-report-2025.md', /2025-06-14/u],
    ['harbour', 'Which version is the dredging report 2025?', 'dredging-report-2025.md', /2\.1/u],
    ['harbour', 'What did Ines Koval write?', 'dredging-report-2025.md', /Dredging report 2025/u],
    ['harbour', 'Which report came out in May 2024?', 'dredging-report-2024.md', /Dredging report 2024/u],
    ['sad', 'Кто автор отчёта о грушах?', 'груши.md', /Вера Лунина/u],
    ['sad', 'Когда составлен отчёт о яблонях?', 'яблони.md', /2025-03-21/u],
    ['sad', 'Что написал Нил Громов?', 'яблони.md', /Отчёт о яблонях/u],
  ])('%s: %s', async (collection, question, uri, text) => {
    const answer = await ask(question, collection)
    expect(isCatalogue(answer)).toBe(true)
    expect(answer.certainty).toBe('answered')
    expect(answer.text).toMatch(text)
    for (const cited of answer.citations) expect(cited.uri.endsWith(uri)).toBe(true)
    expect(answer.citations.length).toBeGreaterThan(0)
  })

  test('which of several is meant is asked back', async () => {
    for (const [collection, question] of [
      ['harbour', 'summarise this document'],
      ['harbour', 'summarise the dredging report'],
      ['sad', 'перескажи протокол собрания'],
      ['sad', 'сделай выжимку'],
    ] as const) {
      const answer = await ask(question, collection)
      expect(answer).toMatchObject({ certainty: 'talk', citations: [] })
      expect(answer.text).toContain('?')
    }
  })

  test('the document that was just quoted is meant by "it"', async () => {
    const first = answerOf(await client.ask('What does the black ball mean?', { collections: ['harbour'] }))
    const answer = await ask('summarise it', 'harbour', { conversation: first.conversation })
    expect(answer.citations[0]?.uri).toBe('/h/rules/signals.txt')
  })
})

describe('rows of a table', () => {
  test.each([
    ['How many members live in Porto?', 3, ['Ada Arden', 'Dag Birk', 'Ede Inch']],
    ['List all members in Turku.', 2, ['Cleo Esk', 'Fay Flint']],
    ['How many members are there?', 6, ['Bo Heath']],
  ])('%s', async (question, count, names) => {
    const answer = await ask(question, 'harbour')
    expect(answer.text.slice(0, 100)).toContain(String(count))
    for (const name of names) expect(answer.text).toContain(name)
    expect(answer.citations).toHaveLength(count)
  })
})

test.each([
  ['harbour', 'How many pumps failed?'],
  ['harbour', 'How many members are in the board?'],
  ['harbour', 'Which documents do I need for mooring?'],
  ['harbour', 'Who wrote the mooring rules?'],
  ['harbour', 'What did the work cost in 2024?'],
  ['sad', 'Сколько стоит насос?'],
  ['sad', 'Кто написал правила сада?'],
])('is left to the search: %s: %s', async (collection, question) => {
  const answer = answerOf(await client.ask(question, { collections: [collection] }))
  expect(isCatalogue(answer)).toBe(false)
})

test('nobody hears of documents that they may not read', async () => {
  const { key } = await daemon.api.call('createKey', {
    body: { name: 'guest', role: 'reader', collections: ['harbour'] },
  })
  await using guest = await greeted(daemon, key)
  const told = async (question: string) => answerOf(await guest.ask(question))
  expect((await told('How many documents are there?')).text).toMatch(/^6 /u)
  expect((await told('What documents do you have?')).text).not.toMatch(/Payroll|secret|сада/u)
  expect((await told('which documents mention Ines Koval?')).text).not.toContain('payroll')
  expect((await told('How many documents mention 9,999?')).text).toMatch(/^No document/u)
  expect((await told('summarise payroll.md')).text).not.toContain('9,999')
})
