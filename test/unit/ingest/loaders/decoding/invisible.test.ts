import { describe, expect, it } from 'vitest'
import type { LoadedDocument } from '../../../../../src/domain/document.ts'
import { visibleDocument, withoutInvisible } from '../../../../../src/ingest/loaders/decoding/invisible.ts'
import { loadDocument } from '../../../../../src/ingest/loaders/load.ts'
import { expectLinear } from '../../../../support/growth.ts'

const load = (content: string, uri: string): Promise<LoadedDocument> =>
  loadDocument(Buffer.from(content), uri, { maxTextLength: 50_000_000 })

const spans = ({ text, blocks }: LoadedDocument): string[] =>
  blocks.map(({ start, end }) => text.slice(start, end))

describe('invisible characters', () => {
  it.each([
    ['paint\u00aded, light\u200bhouse, 41\u200b m, keeper\u2060 is', 'painted, lighthouse, 41 m, keeper is'],
    ['co\u200dop\u200cer\ufeffate', 'cooperate'],
    ['зам\u00adок, но\u200dмер\u200c', 'замок, номер'],
    ['\u00ad\u200b\u200b', ''],
    ['東\u200b京\u200d駅', '東京駅'],
  ])('%j is read as %j', (source, text) => expect(withoutInvisible(source)).toEqual({ text, joined: false }))

  it.each([
    'می\u200cخواهم',
    'क्\u200dष',
    'ශ්\u200dරී',
    'ന്\u200d',
    '👩\u200d👩\u200d👧',
    '👩🏽\u200d🚀',
    '🏳️\u200d🌈',
    '❤️\u200d🔥',
  ])('%s needs its joiners', (text) => expect(withoutInvisible(text)).toEqual({ text, joined: false }))

  it('a word that is hyphenated at the end of a line is one word', async () => {
    const document = await load('The tower was paint\u00ad\n  ed in 1987.\n\nAnd so\u00ad\n\non.', 'a.txt')
    expect(spans(document)).toEqual(['The tower was painted in 1987.', 'And so', 'on.'])
    expect(document.linesMatchFile).toBe(false)
  })

  it.each([
    ['a.txt', 'One wo\u00adrd.\n\nTw\u200bo.', ['One word.', 'Two.']],
    [
      'a.md',
      '\ufeff# He\u00adad\n\n\ufeff## Sec\u200bond\n\n- \u200bitem\n',
      ['# Head', '## Second', '- item'],
    ],
    ['a.html', '<!doctype html><p>pa&shy;int&#8203;ed</p><pre>co&shy;de</pre>', ['painted', 'code']],
    ['a.json', '{"a": "pa\\u00adinted", "b\\u200b": "x"}', ['- a: painted\n- b: x']],
    ['a.csv', 'na\u00adme,b\n1,\u200b2\n', ['name | b\n1 | 2']],
  ])('are dropped in %s', async (uri, source, texts) => {
    const document = await load(source, uri)
    expect(spans(document)).toEqual(texts)
    expect(document.text).not.toMatch(/[\u00ad\u200b\ufeff]/u)
  })

  it('what is left of a document has the blocks, titles and values that it had', () => {
    const text = 'o\u00adne\u200b\n\n\u200b\u2060\n\nt\u200bwo'
    const block = (start: number, end: number) => ({
      kind: 'paragraph' as const,
      headings: ['S\u00adec'],
      start,
      end,
    })
    const document = visibleDocument({
      title: 'T\u200bi',
      mediaType: 'text/plain',
      text,
      blocks: [block(0, 5), block(7, 9), block(11, text.length)],
      linesMatchFile: true,
      metadata: { author: 'A\u00adnna' },
    })
    expect(spans(document)).toEqual(['one', 'two'])
    expect(document).toMatchObject({ title: 'Ti', metadata: { author: 'Anna' }, linesMatchFile: true })
    expect(document.blocks.map(({ headings }) => headings)).toEqual([['Sec'], ['Sec']])
  })

  it.each(['\u00ad', 'a\u00ad', 'a\u00ad\n', '\u00ad  ', '\u200d', '👩\u200d', '\u200c'])(
    'many %j are dropped in linear time',
    (unit) =>
      expectLinear(
        400_000,
        (size) => unit.repeat(size / unit.length),
        (text) => load(`x${text}`, 'a.txt'),
      ),
  )
})
