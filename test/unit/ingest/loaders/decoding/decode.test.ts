import { readFileSync } from 'node:fs'
import iconv from 'iconv-lite'
import { globSync } from 'tinyglobby'
import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../../../src/ingest/loaders/decoding/decode.ts'

/** Articles whose letters were not counted for the table of pairs. */
const ARTICLES = globSync('examples/xquad/ru/[g-z]*/*.md').sort().map(bodyOf)
const ENCODINGS = ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5', 'maccyrillic', 'utf-16le', 'utf-16be']

function bodyOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/^---[\s\S]*?---/u, '')
    .replace(/^#.*$/gmu, '')
    .trim()
}

/** Parts of that many characters, one of every article, that begin with a word and are mostly Russian. */
const parts = (length: number): string[] =>
  ARTICLES.map((article, i) => {
    const from = article.indexOf(' ', (i * 37) % Math.max(1, article.length - length)) + 1
    return article.slice(from, from + length).trim()
  }).filter((part) => (part.match(/[а-яё]/giu)?.length ?? 0) >= 0.4 * part.length)

/** Share of the texts that are read right without being told their encoding. */
function accuracy(texts: readonly string[], encoding: string): number {
  const encodable = texts.filter((text) => iconv.decode(iconv.encode(text, encoding), encoding) === text)
  const right = encodable.filter((text) => {
    try {
      return decodeText(iconv.encode(text, encoding)).text === text
    } catch {
      return false
    }
  })
  expect(encodable.length).toBeGreaterThan(20)
  return right.length / encodable.length
}

describe('undeclared encodings of Russian', () => {
  it.each(ENCODINGS)('%s is told in texts of any length, also in capitals', (encoding) => {
    expect(accuracy(parts(20), encoding)).toBeGreaterThan(0.95)
    for (const length of [50, 100, 200, 1000])
      expect(accuracy(parts(length), encoding), String(length)).toBeGreaterThan(0.99)
    const capitals = parts(50).map((part) => part.toUpperCase())
    expect(accuracy(capitals, encoding)).toBeGreaterThan(0.99)
  })
})

it.each([
  ['windows-1251', 'имя;город\nИван;Москва\nАнна;Тверь\n'],
  ['ibm866', '┌────────┐\n│ Привет │\n└────────┘'],
  ['koi8-u', 'Привіт, світе! Це український текст, який має бути прочитаний.'],
  ['windows-1251', 'Здравей, свят! Това е български текст.'],
  ['windows-1253', 'Καλημέρα κόσμε, αυτό είναι ένα ελληνικό κείμενο'],
  ['windows-1252', 'Café'],
  ['windows-1252', 'Größe und Übermaß: die Straße führt nach Köln.'],
  ['windows-1252', 'El niño comió piñas en la mañana; ¿qué pasó después?'],
  ['windows-1250', 'Příliš žluťoučký kůň úpěl ďábelské ódy. Zażółć gęślą jaźń'],
  ['shift_jis', '名前,年齢,住所\n佐藤太郎,30,東京\n三木英子,25,大阪\n髙橋淳,35,名古屋\n'],
  ['shift_jis', 'ｱｲｳｴｵ カタカナ'],
  ['euc-jp', 'これは日本語のテキストです。文字コードはEUCです。'],
  ['gb18030', '这是一个中文文本文件,使用国标编码。我们需要检测它的编码。'],
  ['euc-kr', '이것은 한국어 텍스트입니다. 인코딩을 감지해야 합니다.'],
])('%s is not taken for another one: %s', (encoding, text) => {
  expect(decodeText(iconv.encode(text, encoding)).text).toBe(text)
})

it('leaves no control characters but line ends and tabs', () => {
  const { text } = decodeText(Buffer.from('\x1b[1;31mred\x1b[0m\x00 a\tb\x08c\x0cd\x7f\r\ne'))
  expect(text).toBe('red a\tb c d \ne')
})
