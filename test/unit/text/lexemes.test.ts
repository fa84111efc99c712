import { describe, expect, it } from 'vitest'
import { weigh, wordsOf } from '../../../src/retrieval/question.ts'
import { inverseFrequency, passageTerms, TERM_IDS, termId } from '../../../src/text/bm25.ts'
import { lexemes } from '../../../src/text/lexemes.ts'

describe('lexemes', () => {
  it.each([
    ['installing installed installations', ['instal', 'instal', 'instal']],
    ['установка установки Установку', ['установк', 'установк', 'установк']],
    ['ёлка и елка', ['елк', 'елк']],
    ['Traoré, Traore and Traore\u0301', ['traor', 'traor', 'traor']],
    ['Зайцев, Заи\u0306цев', ['зайц', 'зайц']],
    ['İzmir, IZMIR', ['izmir', 'izmir']],
    ["Newton's O'Neill doesn't", ['newton', 'neill', 'oneil']],
    ['getElementById', ['element', 'id', 'getelementbyid']],
    [
      'read_file readFile read-file',
      ['read', 'file', 'readfil', 'read', 'file', 'readfil', 'read', 'file', 'readfil'],
    ],
    ['XMLHttpRequest', ['xml', 'http', 'request', 'xmlhttprequest']],
    ['src/read-file.ts', ['src', 'read', 'file', 'ts', 'readfilet', 'srcreadfilet']],
    ['v1.2.3 and 1.2.3', ['1.2', '1.2.3', '1.2', '1.2.3']],
    ['3.7 %', ['3.7']],
    ['ERR_MODULE_NOT_FOUND', ['err', 'modul', 'found', 'errmodulenotfound']],
    ['1,000,000 1 000 000 1\u00a0000\u00a0000', ['1000000', '1000000', '1000000']],
    ['120 340 | 250 000', ['120340', '120', '340', '250000']],
    ['C++ C# node:fs', ['c++', 'c#', 'node', 'fs', 'nodef']],
    ['16-го 1990s', ['16', 'го', '16го', '1990', '1990s']],
    ['to be or not to be; кто это был', []],
  ])('of %j', (text, expected) => {
    expect(new Set(lexemes(text))).toEqual(new Set(expected))
  })

  it('are the same in a question and in a passage, whatever stands around them', () => {
    for (const name of ['getElementById', 'docs/install.md', 'ERR_MODULE_NOT_FOUND', 'v2.10.1', "O'Neill"]) {
      for (const around of [`(${name})`, `Is it ${name}?`, `«${name}»,`, `\`${name}\``]) {
        expect(lexemes(around)).toEqual(expect.arrayContaining(lexemes(name)))
      }
    }
  })

  it('of endless words and endless texts are bounded', () => {
    expect(lexemes('a1'.repeat(100_000)).every((lexeme) => lexeme.length <= 64)).toBe(true)
    const words = Array.from({ length: 5000 }, (_, index) => `w${index}x`).join(' ')
    expect(passageTerms({ uri: 'a.md', title: '', heading: '', text: words })).toHaveLength(600)
  })
})

describe('BM25', () => {
  it('weighs a term by how often it is there, in long passages less', () => {
    const weightOf = (text: string) =>
      passageTerms({ uri: '', title: '', heading: '', text }).find(({ id }) => id === termId('leas'))
        ?.weight ?? 0
    expect(weightOf('lease lease')).toBeGreaterThan(weightOf('lease'))
    expect(weightOf('lease')).toBeGreaterThan(weightOf(`lease ${'harbour '.repeat(500)}`))
    // tf (k1 + 1) / (tf + k1 (1 - b + b length / average)), for a passage of one lexeme
    expect(weightOf('lease')).toBeCloseTo(1.9 / (1 + 0.9 * (0.6 + 0.4 / 100)), 10)
  })

  it('finds the file name, the title and the heading of a passage', () => {
    const terms = passageTerms({ uri: 'docs/backup.md', title: 'Restoring', heading: 'Snapshots', text: 'x' })
    const ids = terms.map(({ id }) => id)
    for (const word of ['backup', 'restoring', 'snapshots']) {
      expect(ids).toEqual(expect.arrayContaining(lexemes(word).map(termId)))
    }
    expect(ids.every((id) => id >= 0 && id < TERM_IDS)).toBe(true)
  })

  it('counts rare words more, and none below zero', () => {
    expect(inverseFrequency(1, 1000)).toBeGreaterThan(inverseFrequency(100, 1000))
    expect(inverseFrequency(1000, 1000)).toBeGreaterThan(0)
    expect(inverseFrequency(20, 10)).toBeGreaterThan(0)
  })
})

describe('the words of a question', () => {
  it('in quotation marks are a phrase, and count more', () => {
    const words = wordsOf('What does “signing key” mean in «новой версии»?')
    expect(words.phrases.map(({ text }) => text)).toEqual(['signing key', 'новой версии'])
    const plain = weigh(wordsOf('signing key'), new Map(), 10)
    const quoted = weigh(wordsOf('"signing key"'), new Map(), 10)
    expect(quoted.total).toBeGreaterThan(plain.total)
  })

  it('in many quotation marks are sixteen phrases: each costs the database a search of its own', () => {
    expect(wordsOf('«aa»'.repeat(2000)).phrases).toHaveLength(16)
  })

  it('between the marks of inches are no phrase', () => {
    expect(wordsOf('Is a 5" or 7" screen sold?').phrases).toEqual([])
    expect(wordsOf('Is a 5" "touch screen" sold?').phrases.map(({ text }) => text)).toEqual(['touch screen'])
  })

  it('are none when all are stop words', () => {
    expect(wordsOf('Who is it, and what was that?').terms).toEqual([])
  })
})
