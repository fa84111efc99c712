import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitSentences } from '../../../src/text/sentences.ts'

const split = (text: string): string[] => splitSentences(text).map((span) => text.slice(span.start, span.end))

/** Sentences joined by a space must come apart again. */
const CASES: readonly (readonly string[])[] = [
  ['Mr. Smith met Dr. Jones at 5 p.m. on Sunday.', 'They talked.'],
  ['The U.S. Army left in 1990.', 'It came back.'],
  ['He lives in the U.S.', 'The house is big.'],
  ['Tools, e.g. hammers, i.e. heavy ones, etc. are here.', 'Next.'],
  ['Version 1.2.3 costs $3.50.', 'See https://example.com/a.b?c=d for it.', 'Then stop.'],
  ['See example.com/a.html for more.', 'Open main.ts next.', 'Run `a. B` now.'],
  ['Apple Inc. announced it.', 'Google Inc. did not.'],
  ['See fig. 5 and no. 7 in vol. II of it.', 'He said no.', 'Then he left.'],
  ['J. R. R. Tolkien wrote it.', 'George W. Bush did not.'],
  ['“Go away!” she said.', '“Why?”', 'He did not answer.'],
  ['He said: “Go.”', 'She went.'],
  ['It ended (in 1990.)', 'Then it began.'],
  ['It is known.[12]', 'It is proven.[3][4]', 'Done.'],
  ['Wait... what is it?', 'Well…', 'Nothing!'],
  ['He quoted “a […] b” and (!) left.', 'Fine.'],
  ['А. С. Пушкин родился 6 июня 1799 г. в Москве.', 'Он умер в 1837 г.', 'В Петербурге.'],
  ['Письмо от 5 апр. 1900 г. сохранилось.', 'Его нашли.'],
  ['Это, т. е. вот это, и т. д. и т. п. тоже.', 'Другое.'],
  ['Яблоки, груши и т. д.', 'Сливы тоже.'],
  ['Дом стоит на ул. Ленина, д. 5, в г. Москва.', 'Он стар.'],
  ['В XIX в. Россия росла.', 'Музей им. Пушкина открыт.'],
  ['В 1941–1945 гг. шла война.', 'Она кончилась.'],
  ['Цена 5 тыс. руб. за штуку.', 'Дорого!'],
  ['«Кто там?» — спросил он.', '«Я», — ответила она.'],
  ['Он сказал: «Да.»', 'Она ушла.'],
  ['См. рис. 3 и табл. 5 на стр. 10.', 'Там всё.'],
  ['Иванов И. И. пришёл.', 'Петров П.П. ушёл.'],
  ['Температура −3,5 °C, т.е. холодно.', 'Зима.'],
]

describe('splitSentences', () => {
  for (const sentences of CASES)
    it(sentences.join(' '), () => {
      expect(split(sentences.join(' '))).toEqual(sentences)
    })

  it('keeps a hard-wrapped paragraph together and ends at blank lines', () => {
    expect(split('One sentence over\ntwo lines. Another\none.\n\nA paragraph\n\nLast')).toEqual([
      'One sentence over\ntwo lines.',
      'Another\none.',
      'A paragraph',
      'Last',
    ])
  })

  it('takes headings, list items and table rows apart, without their markers', () => {
    const text =
      '## The title\nText here.\n- first item\n- second\n  goes on\n1. Step one. More.\n> quoted\n---\n| a | b |\n|---|---|\n| c. D | d |'
    expect(split(text)).toEqual([
      'The title',
      'Text here.',
      'first item',
      'second\n  goes on',
      'Step one.',
      'More.',
      'quoted',
      '| a | b |',
      '| c. D | d |',
    ])
  })

  it('keeps a fenced code block whole, and an unpaired fence does not swallow the text', () => {
    expect(split('Do it.\n```sh\nmake. Now\n\nmake test\n```\nDone. Well')).toEqual([
      'Do it.',
      '```sh\nmake. Now\n\nmake test\n```',
      'Done.',
      'Well',
    ])
    expect(split('end of code\n```\nDone. Well.').slice(-1)).toEqual(['Well.'])
  })

  it('gives ordered, trimmed spans that hold every letter, for any text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '. ',
        '! ',
        '? ',
        '\n',
        '\n\n',
        '- ',
        '# ',
        '```\n',
        'г. ',
        'т. е. ',
        ' | ',
        '…',
        '1. ',
        '"',
        ')',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        let last = 0
        let covered = ''
        for (const { start, end } of splitSentences(text)) {
          expect(start).toBeGreaterThanOrEqual(last)
          expect(end).toBeGreaterThan(start)
          expect(text.slice(start, end)).toBe(text.slice(start, end).trim())
          covered += text.slice(start, end)
          last = end
        }
        const letters = (s: string) => (s.match(/\p{L}/gu) ?? []).join('')
        expect(letters(covered)).toBe(letters(text))
      }),
      { numRuns: 500 },
    )
  })

  it('is linear: one line of 4 MB', () => {
    expect(splitSentences('a'.repeat(4_000_000))).toEqual([{ start: 0, end: 4_000_000 }])
    expect(splitSentences('Word. '.repeat(200_000))).toHaveLength(200_000)
    expect(splitSentences('`'.repeat(200_000))).toEqual([])
  })
})
