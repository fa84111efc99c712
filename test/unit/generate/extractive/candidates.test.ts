import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Passage } from '../../../../src/domain/answer.ts'
import { candidatesOf } from '../../../../src/generate/extractive/candidates.ts'
import { expectedAnswer } from '../../../../src/generate/extractive/expected.ts'
import { quotesOf } from '../../../../src/generate/extractive/quotes.ts'
import { compareWords, rank, shortlist } from '../../../../src/generate/extractive/relevance.ts'
import { contentWords } from '../../../../src/text/content-words.ts'

const passage = (text: string, chunk = 'c', score = 0.9): Passage => ({
  number: 1,
  chunk,
  document: 'd',
  collection: 'test',
  uri: 'a.md',
  title: 'a',
  start: 0,
  end: text.length,
  text,
  score,
})

const texts = (text: string, heading?: string) =>
  candidatesOf([{ ...passage(text), heading }]).map((each) => each.text)

const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '. ',
        '! ',
        '? ',
        '\n',
        '\n\n',
        '# ',
        '- ',
        '1. ',
        '> ',
        '| a | b |\n',
        '| --- | --- |\n',
      ),
      fc.constantFrom(
        '```\n',
        '~~~sh\n',
        '---\n',
        'т. е. ',
        'Mr. ',
        '🫖',
        '👩‍👩‍👧',
        '𝒳',
        '中文。',
        'e\u0301',
        '\u00a0',
        '[1]',
      ),
      fc.lorem({ mode: 'sentences', maxCount: 3 }),
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', minLength: 500, maxLength: 1500 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join('').toWellFormed())

describe('candidates', () => {
  it('are exact, apart, whole in their characters and not too long, in any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        let end = 0
        for (const candidate of candidatesOf([passage(text)])) {
          expect(candidate.text).toBe(text.slice(candidate.start, candidate.end))
          expect(candidate.text).toBe(candidate.text.trim())
          expect(candidate.text).toMatch(/[\p{L}\p{N}]/u)
          expect(candidate.text.isWellFormed()).toBe(true)
          expect(candidate.text.length).toBeLessThanOrEqual(600)
          expect(candidate.start).toBeGreaterThanOrEqual(end)
          end = candidate.end
        }
      }),
      { numRuns: 300 },
    )
  })

  it('are sentences, list items, rows and lines of code, but not headings, rules and questions', () => {
    const text = `# Title

Some words. More of them?

- first item
- second item

| Name | Value |
| --- | --- |
| port | 7420 |

\`\`\`sh
make build
\`\`\`

Setext
------

The end.`
    expect(texts(text)).toEqual([
      'Some words.',
      'first item',
      'second item',
      '| port | 7420 |',
      'make build',
      'The end.',
    ])
  })

  it('know a heading by the section they stand in when it has no marks', () => {
    expect(texts('Install\n\nRun the installer.', 'Guide › Install')).toEqual(['Run the installer.'])
  })

  it('are taken once when passages overlap or documents repeat each other', () => {
    const list = candidatesOf([passage('One two. Three four.', 'a'), passage('Three  four. Five six.', 'b')])
    expect(list.map((each) => each.text)).toEqual(['One two.', 'Three four.', 'Five six.'])
  })

  it('are cut at lines or clauses when they are very long', () => {
    const clauses = Array.from({ length: 60 }, (_, i) => `clause number ${i} of a long sentence`).join('; ')
    const pieces = texts(`${clauses}.`)
    expect(pieces.length).toBeGreaterThan(2)
    for (const piece of pieces) expect(piece).toMatch(/^clause number \d+ .*[;.]$/su)
  })
})

describe('quotations', () => {
  const question = 'How many eggs are in the basket?'

  it('are at most three, exact, and chosen whatever the order of the sentences', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.infiniteStream(fc.double({ min: 0.7, max: 0.95, noNaN: true })),
        (text, numbers) => {
          const compared = shortlist(compareWords(question, candidatesOf([passage(text)])))
          expect(compared.length).toBeLessThanOrEqual(12)
          const ranked = rank(
            compared,
            compared.map(() => numbers.next().value ?? 0.8),
          )
          const quotes = quotesOf(ranked, 0.9)
          expect(quotes.length).toBeLessThanOrEqual(3)
          for (const quote of quotes) expect(quote.text).toBe(text.slice(quote.start, quote.end))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('prefer the words of the question, wherever they stand', () => {
    const others = ['The sky is blue today.', 'A basket stands here.', 'There are cows as well.']
    const right = 'There are twelve eggs in the basket.'
    for (let at = 0; at <= others.length; at++) {
      const text = others.toSpliced(at, 0, right).join(' ')
      const compared = compareWords(question, candidatesOf([passage(text)]))
      const ranked = rank(
        compared,
        compared.map(() => 0.85),
      )
      expect(quotesOf(ranked, 0.9).map((quote) => quote.text)).toEqual([right])
    }
  })
})

describe('words', () => {
  const roots = (text: string) => contentWords(text).map((term) => term.root)

  it.each([
    ['installing', 'installed installs installation'],
    ['city', 'cities'],
    ['stopped', 'stopping stops'],
    ['установка', 'установки установку установкой'],
    ['файл', 'файлы файлов файлами'],
    ['удалённые', 'удаленных'],
    ['хранится', 'хранятся'],
  ])('%s is compared as %s are', (word, others) => {
    for (const other of roots(others)) expect(other).toBe(roots(word)[0])
  })

  it('leave out stop words and tell names and numbers from others', () => {
    expect(
      contentWords('What does the error E1042 in NATO and at Helsinki mean in 1999?').map(({ kind }) => kind),
    ).toEqual(['word', 'number', 'name', 'name', 'word', 'number'])
    expect(roots('что это такое и как')).toEqual([])
  })

  it('say what a question asks for', () => {
    expect(expectedAnswer('When did it begin?')).toBe('date')
    expect(expectedAnswer('В каком году это было?')).toBe('date')
    expect(expectedAnswer('сколько это стоит')).toBe('quantity')
    expect(expectedAnswer('how much memory')).toBe('quantity')
    expect(expectedAnswer('Кто автор?')).toBe('name')
    expect(expectedAnswer('Where is it?')).toBe('name')
    expect(expectedAnswer('whenever, никогда')).toBeUndefined()
  })
})
