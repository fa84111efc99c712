import { describe, expect, it } from 'vitest'
import { loadXquad } from '../../../bench/xquad.ts'
import { LANGUAGES } from '../../../src/domain/language.ts'
import { documentRequestOf } from '../../../src/talk/document-requests.ts'

/** Kinds that are answered even if no document has anything of it. */
const ANSWERED_IN_ANY_CASE = new Set(['overview', 'count', 'mentions'])

describe('requests about the documents', () => {
  it.each([
    [
      'overview',
      ['What documents do you have?', 'list all files', 'which files are there', 'what do you know?'],
    ],
    [
      'overview',
      ['What can I ask about?', 'what topics are covered here', 'give me an overview of the documents'],
    ],
    [
      'overview',
      ['Какие документы у вас есть?', 'покажи список файлов', 'что ты знаешь?', 'о чем можно спросить?'],
    ],
    ['count', ['How many documents are there?', 'number of files', 'how many docs do you have indexed']],
    ['count', ['Сколько у тебя документов?', 'сколько файлов загружено', 'количество документов в базе']],
    ['mentions', ['Which documents mention Ada Arden?', 'in how many files does TN-244 occur?']],
    [
      'mentions',
      [
        'list documents about bees',
        'do you have any documents on leave?',
        'files that contain the word "foo"',
      ],
    ],
    [
      'mentions',
      ['Где упоминается Пахом Дуб?', 'в каких документах есть слово пчела', 'есть ли документы про отпуск?'],
    ],
    [
      'summary',
      ['Summarise rules.md', 'tl;dr the travel policy', 'give me a summary of the minutes of 8 April'],
    ],
    ['summary', ['what is in rules.md?', 'What is the travel policy about?', 'summarise it']],
    [
      'summary',
      ['перескажи rules.md', 'кратко изложи договор аренды', 'о чем отчет за май?', 'сделай выжимку'],
    ],
    [
      'metadata',
      ['Who wrote the travel policy?', 'when was rules.md changed?', 'which version is the manual?'],
    ],
    ['metadata', ['Кто автор отчета?', 'когда составлен протокол № 5?', 'сколько страниц в договоре?']],
    ['writtenBy', ['What did Ada Arden write?', 'documents written by Ada Arden', 'Что написала Ада Арден?']],
    ['publishedIn', ['Which report came out in June 2025?', 'Какой отчёт вышел в июне 2025 года?']],
    [
      'rows',
      ['How many members live in Porto?', 'list all members in Turku', 'Сколько участников живёт в Твери?'],
    ],
  ])('%s: %s', (kind, requests) => {
    for (const request of requests)
      expect([request, documentRequestOf(request)?.kind]).toEqual([request, kind])
  })

  it('keeps what is asked for as it is written', () => {
    expect(documentRequestOf('Which documents mention "core.excludesFile"?')).toMatchObject({
      subject: 'core.excludesFile',
      isAbout: false,
    })
    expect(documentRequestOf('please tell me which files mention --max-delete')).toMatchObject({
      subject: '--max-delete',
    })
    expect(documentRequestOf('Hi! How many files talk about the word C++? Thanks!')).toMatchObject({
      asksCount: true,
    })
    expect(documentRequestOf('В каких файлах встречается слово «Ёлка»?')).toMatchObject({ subject: 'Ёлка' })
  })

  it.each([
    'Which documents do I need for a passport?',
    'How many documents do I have to bring?',
    'Which file holds the settings?',
    'Which files does the cleaner delete?',
    'How long is a session token?',
    'Which version of Node is needed?',
    'When was Fastify 3 released?',
    'What is a waypoint?',
    'what can you do?',
    'How do I list all open bills?',
    'Какие документы нужны для отпуска?',
    'Сколько дней хранятся файлы?',
    'В какой версии появилась директива http2?',
    'Какой файл читает сервер?',
    'что ты умеешь?',
  ])('is no such request: %s', (question) => {
    expect(documentRequestOf(question)).toBeUndefined()
  })

  it('takes no question of XQuAD that it would answer without a proof', () => {
    for (const language of LANGUAGES) {
      const taken = loadXquad(language)
        .questions.map(({ text }) => text)
        .filter((text) => ANSWERED_IN_ANY_CASE.has(documentRequestOf(text)?.kind ?? ''))
      expect(taken).toEqual([])
    }
  })

  it('reads a long text in no time', () => {
    expect(documentRequestOf('which documents mention '.repeat(100_000))).toBeUndefined()
    expect(documentRequestOf(`which documents mention ${'x '.repeat(100)}`)).toBeUndefined()
  })
})
