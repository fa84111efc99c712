import { describe, expect, test } from 'vitest'
import { ChatbotError } from '../../../../src/domain/errors.ts'
import { decodeText } from '../../../../src/ingest/loaders/decoding/decode.ts'
import { loadDocument } from '../../../../src/ingest/loaders/load.ts'
import { withFields } from '../../../../src/ingest/loaders/pdf/fields.ts'
import { headingLevels } from '../../../../src/ingest/loaders/pdf/headings.ts'
import { regionsOf } from '../../../../src/ingest/loaders/pdf/layout.ts'
import { joinParagraphs, paragraphsOf } from '../../../../src/ingest/loaders/pdf/paragraphs.ts'
import { runsOf, type TextItem } from '../../../../src/ingest/loaders/pdf/runs.ts'
import { recutDocument } from '../../../../src/ingest/split/recut.ts'
import { splitDocument } from '../../../../src/ingest/split/splitter.ts'
import { splitSentences } from '../../../../src/text/sentences.ts'
import { expectLinear } from '../../../support/growth.ts'
import { type ZipEntry, zip } from '../../../support/zip-writer.ts'

/** What stands before and after the repeated text. */
type Frame = readonly [before: string, after: string]
const BARE: Frame = ['', '']

interface Format {
  /** The file's name, by which its loader is found. */
  readonly uri: string
  /** UTF-16 code units. */
  readonly bound: number
  readonly frames: readonly Frame[]
  /** Each is repeated up to the bound. */
  readonly repeated: readonly string[]
}

const TEXTS: readonly Format[] = [
  {
    uri: 'a.txt',
    bound: 200_000,
    frames: [BARE],
    repeated: [
      '\n',
      ' ',
      'a.',
      'a. ',
      '- a\n',
      '«',
      '`',
      '…',
      '。',
      '\u009b',
      '\u0301',
      '🇦',
      '👩\u200d',
      'т. е. ',
    ],
  },
  {
    uri: 'a.md',
    bound: 65_536,
    frames: [BARE, ['- ', '\n']],
    repeated: [
      '\n',
      ' ',
      '[',
      '](',
      '`',
      '*',
      '<',
      '<!--',
      '|',
      '> ',
      '- ',
      '1. a\n',
      '#c\n',
      'a\n-\n',
      '==\n',
      '\\\n',
      '~~~\n',
    ],
  },
  {
    uri: 'a.md',
    bound: 100_000,
    frames: [['# ', '\n']],
    repeated: ['[', '![a](', '`', '**a', '__', '<', '{#', '\\', ' #'],
  },
  {
    uri: 'a.mdx',
    bound: 100_000,
    frames: [['<A b={1}>', '\n']],
    repeated: ['<a', '</.', '{', '<{', '{/*', '{}', '<a b="'],
  },
  {
    uri: 'a.html',
    bound: 50_000,
    frames: [['<html><body><main>', '</main></body></html>']],
    repeated: [
      '<',
      '<a',
      '<a-',
      '<!--',
      '<!doctype',
      '&',
      '&#',
      '<p>',
      '<p>a',
      '<li>a',
      '<b a="',
      '<div>',
      '\n',
      '[',
      '</p>',
    ],
  },
  {
    uri: 'a.html',
    bound: 16_384,
    frames: [
      ['<html><body>', '</body></html>'],
      ['<html><body><table><tr><td>', '</table></body></html>'],
    ],
    repeated: ['<', '<p>a</p>', '<td>', '<table><tr><td>', 'a ', '<div>'],
  },
  { uri: 'b', bound: 4_000, frames: [['<!--', '']], repeated: ['---><!--', '--> <!--', '<meta charset= '] },
  {
    uri: 'a.rst',
    bound: 100_000,
    frames: [BARE, ['.. a::\n   .. b::\n      .. c::\n', '']],
    repeated: ['\n', '.. a::\n', '==\n', '== ==\n', ':a: b\n', '- a\n', 'a::\n\n', '+--+\n', '   '],
  },
  {
    uri: 'a.adoc',
    bound: 60_000,
    frames: [BARE, ['|===\n', '\n|===\n'], ['= a\n', '']],
    repeated: [
      '\n',
      '*',
      '*a',
      '`',
      '* a\n',
      '. a\n',
      '----\n',
      '|',
      '2+|',
      '|===\n',
      '<<',
      '[',
      'link:',
      '{a',
      'a::',
      ':a: b\n',
      '((',
      '_',
    ],
  },
  {
    uri: 'a.xml',
    bound: 60_000,
    frames: [
      ['<a>', '</a>'],
      ['<a><p>', '</p></a>'],
    ],
    repeated: [
      '<b/>',
      '<b>c</b>',
      '<b c="d">e</b>',
      '<b>',
      '&lt;a ',
      '&amp;',
      ' ',
      '<!--a-->',
      '<title/>',
      '<key/>',
      '<p/>',
    ],
  },
  {
    uri: 'a.ics',
    bound: 200_000,
    frames: [
      ['BEGIN:VCALENDAR\n', ''],
      ['BEGIN:VEVENT\n', ''],
    ],
    repeated: [
      'BEGIN:VEVENT\n',
      'A;B=C',
      'SUMMARY:a\n',
      '\n ',
      'RRULE:A;B\n',
      'DTSTART:,',
      'END:VEVENT\n',
      '\\n',
    ],
  },
  {
    uri: 'a.ipynb',
    bound: 60_000,
    frames: [
      ['{"nbformat":4,"cells":[', '{}]}'],
      ['{"cells":[{"cell_type":"code","source":"a","outputs":[{"text":"', '"}]}]}'],
      ['{"cells":[{"cell_type":"markdown","source":"', '"}]}'],
    ],
    repeated: ['{"cell_type":"code","source":"a"},', '`', '```\\n', '![', '![a](data:', '\\u001b['],
  },
  {
    uri: 'a.srt',
    bound: 200_000,
    frames: [BARE, ['00:00:01,000 --> 00:00:02,000\n', '']],
    repeated: [
      '00:00:01,000 --> 00:00:02,000\na\n',
      'a\n',
      '<v ',
      '<',
      '{',
      '&amp;',
      '- a\n',
      'A ',
      '1\n',
      '\n',
    ],
  },
  {
    uri: 'a.csv',
    bound: 60_000,
    frames: [BARE, ['"', ''], [`${'a'.repeat(20_000)},b\n`, '']],
    repeated: ['"', '""', '" "', 'a,', 'a,"b\n', '"a"b,', ',\n', '\n'],
  },
  {
    uri: 'a.json',
    bound: 60_000,
    frames: [BARE, ['["', '"]'], ['[', '0]']],
    repeated: ['[', '{"a":1},', '[{"a":[1]}],', '1,', ' ', '\\u0000', '"'],
  },
  {
    uri: 'a.jsonl',
    bound: 200_000,
    frames: [BARE],
    repeated: ['[1]\n', '{"a":1}\n', '{"a":{"b":[]}}\n', '\n', '{\n'],
  },
  {
    uri: 'a.yaml',
    bound: 20_000,
    frames: [BARE, ['a: ', ''], ['{', '}']],
    repeated: ['[', '&a ', 'a: b\n', '#c\n', '---\n', '- ', 'a, ', ' ', '\n'],
  },
  {
    uri: 'a.yaml',
    bound: 65_536,
    frames: [BARE],
    repeated: ['"', '{}'],
  },
  {
    uri: 'a.ts',
    bound: 200_000,
    frames: [BARE],
    repeated: ['static ', 'a ', 'a (', 'const a = ', 'function a(', 'class a\n', '    ', '//\n', '*', '&*'],
  },
  {
    uri: 'a.eml',
    bound: 50_000,
    frames: [
      ['From: a@b.c\nSubject: a\nTo: ', '\n\nx'],
      ['From: a@b.c\nSubject: ', '\n\nx'],
      ['From: a@b.c\nSubject: a\n\n', ''],
      ['From: a@b.c\nSubject: a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n', '\n--a--'],
    ],
    repeated: ['<', '"', '(', ',', 'a@b.c, ', '=?', '=?utf-8?q?a?= ', '\n b', '; a*0=b', '&', ' '],
  },
  {
    // Each line costs the parser much and the same: less of it is lost in the noise.
    uri: 'b.eml',
    bound: 200_000,
    frames: [['From: a@b.c\nSubject: a\nContent-Type: multipart/mixed; boundary=a\n\n--a\n', '\n--a--']],
    repeated: ['--a\n'],
  },
]

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const main = (target: string): ZipEntry => ({
  name: '_rels/.rels',
  data: `<Relationships xmlns="r"><Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="${target}"/></Relationships>`,
})
const part = (name: string, type: string, target: string): ZipEntry => ({
  name,
  data: `<Relationships xmlns="r"><Relationship Id="r1" Type="${OFFICE}/${type}" Target="${target}"/></Relationships>`,
})

interface Office {
  readonly uri: string
  readonly entries: (content: string) => readonly ZipEntry[]
  readonly repeated: readonly string[]
}

const word = (content: string): readonly ZipEntry[] => [
  main('word/document.xml'),
  { name: 'word/document.xml', data: `<w:document xmlns:w="w"><w:body>${content}</w:body></w:document>` },
]
const styled = (content: string): readonly ZipEntry[] => [
  ...word('<w:p><w:r><w:t>a</w:t></w:r></w:p>'),
  part('word/_rels/document.xml.rels', 'styles', 'styles.xml'),
  { name: 'word/styles.xml', data: `<w:styles xmlns:w="w">${content}</w:styles>` },
]
const sheet = (content: string): readonly ZipEntry[] => [
  main('xl/workbook.xml'),
  {
    name: 'xl/workbook.xml',
    data: `<workbook xmlns:r="${OFFICE}"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
  },
  part('xl/_rels/workbook.xml.rels', 'worksheet', 'sheet1.xml'),
  { name: 'xl/sheet1.xml', data: `<worksheet><sheetData>${content}</sheetData></worksheet>` },
]
const slide = (content: string): readonly ZipEntry[] => [
  main('ppt/presentation.xml'),
  {
    name: 'ppt/presentation.xml',
    data: `<p:presentation xmlns:p="p" xmlns:r="${OFFICE}"><p:sldId r:id="r1"/></p:presentation>`,
  },
  part('ppt/_rels/presentation.xml.rels', 'slide', 'slides/slide1.xml'),
  {
    name: 'ppt/slides/slide1.xml',
    data: `<p:sld xmlns:p="p" xmlns:a="a"><p:graphicFrame>${content}</p:graphicFrame></p:sld>`,
  },
]
const odt = (content: string): readonly ZipEntry[] => [
  { name: 'mimetype', data: 'application/vnd.oasis.opendocument.text' },
  {
    name: 'content.xml',
    data: `<office:body xmlns:office="o" xmlns:text="t" xmlns:table="b"><office:text>${content}</office:text></office:body>`,
  },
]
const epub = (content: string): readonly ZipEntry[] => [
  { name: 'mimetype', data: 'application/epub+zip' },
  {
    name: 'META-INF/container.xml',
    data: '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>',
  },
  {
    name: 'a.opf',
    data: '<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>',
  },
  { name: 'a.xhtml', data: `<html><body>${content}</body></html>` },
]

const OFFICES: readonly Office[] = [
  {
    uri: 'a.docx',
    entries: (content) => word(`<w:p><w:r><w:t>${content}</w:t></w:r></w:p>`),
    repeated: [' ', 'a. ', '&amp;', '<![CDATA[a]]>', '</w:t></w:r></w:p><w:p><w:r><w:t>a'],
  },
  {
    uri: 'cells.docx',
    entries: (content) =>
      word(`<w:tbl><w:tr><w:tc><w:p><w:t>${content}</w:t></w:p></w:tc><w:tc/></w:tr></w:tbl>`),
    repeated: [
      'a ',
      '</w:t></w:p><w:p><w:t>a',
      `${'a'.repeat(60)}</w:t></w:p></w:tc><w:tc/></w:tr><w:tr><w:tc><w:vMerge/><w:p><w:t>`,
    ],
  },
  { uri: 'styles.docx', entries: styled, repeated: ['<w:style w:styleId="a"/>', '<!--a-->'] },
  {
    uri: 'a.xlsx',
    entries: sheet,
    repeated: ['<row><c t="str"><v>a</v></c></row>', '<row/>', '<c t="str"><v>a</v></c>', '<!-- -->'],
  },
  {
    uri: 'a.pptx',
    entries: (content) => slide(`<a:tbl><a:tr><a:tc>${content}</a:tc></a:tr></a:tbl>`),
    repeated: ['<a:p><a:t>a</a:t></a:p>', '<a:tc/>', ' '],
  },
  {
    uri: 'a.odt',
    entries: odt,
    repeated: [
      '<text:p>a</text:p>',
      '<text:list/>',
      '<text:p><text:s text:c="100"/></text:p>',
      '<table:table/>',
    ],
  },
  { uri: 'a.epub', entries: epub, repeated: ['<p>a</p>', '<a ', '<!doctype', '&', '<p/>'] },
]

const LARGEST_TEXT = 20_000_000
/** Tokens of five letters: the model's own tokenizer has its test beside the splitter's. */
const tokenizer = {
  count(text: string): number {
    let count = 0
    for (const [word] of text.matchAll(/\S+/gu)) count += Math.ceil(word.length / 5)
    return count
  },
}

const filled = (unit: string, size: number): string =>
  unit.repeat(Math.ceil(size / unit.length)).slice(0, size)

async function ingest(bytes: Buffer, uri: string): Promise<void> {
  try {
    splitDocument(await loadDocument(bytes, uri, { maxTextLength: LARGEST_TEXT }), tokenizer)
  } catch (thrown) {
    // What is refused must be refused in linear time, too.
    if (!(thrown instanceof ChatbotError)) throw thrown
  }
}

const shown = (text: string): string => JSON.stringify(text.length > 30 ? `${text.slice(0, 29)}…` : text)

describe.each(TEXTS)(
  '$uri, $bound characters, is read and cut in linear time',
  ({ uri, bound, frames, repeated }) => {
    const cases = frames.flatMap((frame) => repeated.map((unit) => ({ frame, unit })))
    test.each(cases.map(({ frame, unit }) => [shown(frame[0]), shown(unit), frame, unit] as const))(
      '%s and many %s',
      (_before, _unit, [before, after], unit) =>
        expectLinear(
          bound,
          (size) => before + filled(unit, size) + after,
          (text) => ingest(Buffer.from(text), uri),
        ),
    )
  },
)

describe.each(OFFICES)('$uri is read and cut in linear time', ({ uri, entries, repeated }) => {
  test.each(repeated.map((unit) => [shown(unit), unit] as const))('many %s', (_shown, unit) =>
    expectLinear(
      50_000,
      (size) => unit.repeat(Math.floor(size / unit.length)),
      (content) => ingest(zip(entries(content)), uri),
    ),
  )
})

test('elements inside each other in a chapter', () =>
  expectLinear(
    400_000,
    (size) => filled('<div>', size),
    (content) => ingest(zip(epub(content)), 'a.epub'),
  ))

test('styles based on each other', () =>
  expectLinear(
    3_000,
    (count) =>
      Array.from(
        { length: count },
        (_, i) => `<w:style w:styleId="${i}"><w:basedOn w:val="${i + 1}"/></w:style>`,
      ).join(''),
    (content) => ingest(zip(styled(content)), 'a.docx'),
  ))

test('a sheet with a cell in each row and column is not all gaps', async () => {
  const content = Array.from(
    { length: 3_000 },
    (_, i) => `<row><c r="${column(i)}${i + 1}" t="str"><v>a</v></c></row>`,
  ).join('')
  const { text } = await loadDocument(zip(sheet(content)), 'a.xlsx', { maxTextLength: LARGEST_TEXT })
  expect(text.length).toBeLessThan(content.length)
})

/** `A`, `B`, … `AAA`. */
function column(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26))
  return index < 26 ? letter : column(Math.floor(index / 26) - 1) + letter
}

test.each(['«', '„', '\u009b', 'ё'])('the encoding of many %s is guessed in linear time', (character) =>
  expectLinear(
    60_000,
    (size) => `Привет ${filled(character, size)}`,
    (text) => {
      const bytes = Buffer.from(
        Array.from(text, (each) => (each.charCodeAt(0) > 0x400 ? 0xe0 : each.charCodeAt(0))),
      )
      try {
        decodeText(bytes)
      } catch (thrown) {
        if (!(thrown instanceof ChatbotError)) throw thrown
      }
    },
  ),
)

test.each([
  'a',
  '- a\n',
  '- a `b\n',
  '.',
  '. ',
  '.)',
  '.[1]',
  '`',
  '> ',
  '```\n',
  '|a\n',
  '。',
  'A. ',
  '\n\n',
])('sentences of many %j are found, and what is stored is cut again, in linear time', async (unit) => {
  await expectLinear(200_000, (size) => filled(unit, size), splitSentences)
  await expectLinear(
    200_000,
    (size) => filled(unit, size),
    (text) => recutDocument({ title: 'a', text, linesMatchFile: false, chunks: [] }, tokenizer),
  )
})

describe('the text of a PDF', () => {
  const item = (str: string, x: number, y: number, size = 10): TextItem => ({
    str,
    width: 5 * str.length,
    transform: [size, 0, 0, size, x, y],
    fontName: '',
  })
  const VIEW = [1, 0, 0, -1, 0, 0]
  const read = (items: readonly TextItem[]): void => {
    const regions = regionsOf(runsOf(items, VIEW, () => false))
    const body = { size: 10, words: new Set<string>(), codeIsMono: false }
    const paragraphs = paragraphsOf(regions, 1, body)
    joinParagraphs(paragraphs, body.words)
  }
  const expectLinearItems = (bound: number, place: (i: number, count: number) => TextItem): Promise<void> =>
    expectLinear(
      bound,
      (count) => ' '.repeat(count),
      ({ length }) => read(Array.from({ length }, (_, i) => place(i, length))),
    )

  test('a line of many items', () => expectLinearItems(40_000, (i) => item('a ', 10 * i, 0)))
  test('a paragraph of many lines', () =>
    expectLinearItems(20_000, (i) => item('some words here and-', 0, -12 * i)))
  test('two rows of many cells', () =>
    expectLinearItems(100_000, (i, count) => item('a', 200 * (i % (count / 2)), i < count / 2 ? 0 : -20)))
  test('dots that lead nowhere', () => expectLinearItems(10_000, (i) => item('. . . . . 1 a', 0, -12 * i)))
  test('paragraphs that go on on the next page', () =>
    expectLinear(
      20_000,
      (count) => ' '.repeat(count),
      ({ length }) =>
        joinParagraphs(
          Array.from({ length }, (_, i) => ({
            kind: 'paragraph',
            text: 'some words',
            page: i,
            size: 10,
            lines: 2,
          })),
          new Set(),
        ),
    ))
  test('many fields beside one label', () =>
    expectLinear(
      20_000,
      (count) => ' '.repeat(count),
      ({ length }) =>
        withFields(
          [item('Name:', 0, 0)],
          Array.from({ length }, (_, i) => ({
            subtype: 'Widget',
            fieldType: 'Tx',
            fieldValue: 'a',
            rect: [100 + i, 0, 200 + i, 10],
          })),
        ),
    ))
  test('an outline that names one title again and again', () =>
    expectLinear(
      20_000,
      (count) => ' '.repeat(count),
      ({ length }) =>
        headingLevels(
          Array.from({ length }, (_, i) => ({
            kind: 'paragraph',
            text: 'Title',
            page: i,
            size: 10,
            lines: 1,
          })),
          Array.from({ length }, () => ({ title: 'Title', level: 1 })),
          10,
        ),
    ))
  test('type in many sizes', () =>
    expectLinear(
      20_000,
      (count) => ' '.repeat(count),
      ({ length }) =>
        headingLevels(
          [
            { kind: 'paragraph', text: 'a'.repeat(100 * length), page: 1, size: 10, lines: 9 },
            ...Array.from({ length }, (_, i) => ({
              kind: 'paragraph' as const,
              text: 'Title',
              page: i,
              size: 12 + i,
              lines: 1,
            })),
          ],
          [],
          10,
        ),
    ))
})

test('the names of columns are not repeated in full for every record', async () => {
  const source = `${'n'.repeat(100_000)},b\n${`a,${'b'.repeat(400)}\n`.repeat(100)}`
  const { text } = await loadDocument(Buffer.from(source), 'a.csv', { maxTextLength: LARGEST_TEXT })
  expect(text.length).toBeLessThan(2 * source.length)
})
