import { describe, expect, it } from 'vitest'
import type { LoadedDocument } from '../../../../src/domain/document.ts'
import { loadDocument } from '../../../../src/ingest/loaders/load.ts'

const load = (content: string, uri: string): Promise<LoadedDocument> =>
  loadDocument(Buffer.from(content), uri, { maxTextLength: 50_000_000 })

/** Kind, section path and text of every block. */
const blocksOf = ({ text, blocks }: LoadedDocument): string[][] =>
  blocks.map(({ kind, headings, start, end }) => [kind, headings.join(' › '), text.slice(start, end)])

describe('XML', () => {
  it('is a table of its records, without tags and with entities read', async () => {
    const source =
      '<?xml version="1.0"?>\n<c xmlns="urn:x"><seed id="s0"><name>Flax</name><price currency="EUR">2.40</price><note>April &amp; May&#8212;sow</note></seed>' +
      '<seed id="s1"><name>Vine</name><price currency="EUR">5.20</price><note><![CDATA[Before <frost>.]]></note></seed></c>'
    expect(blocksOf(await load(source, 'a.xml'))).toEqual([
      [
        'table',
        'seed',
        'id | name | price | price.currency | note\ns0 | Flax | 2.40 | EUR | April & May—sow\ns1 | Vine | 5.20 | EUR | Before <frost>.',
      ],
    ])
  })

  it('has lines for its fields, with comments and attributes, and text of HTML without its tags', async () => {
    const source =
      '<conf><!-- not <on>yet</on> --><!-- seconds --><wait>5</wait><user name="a"><mail>a@b</mail></user>' +
      '<phone type="home">1</phone><phone type="work">2</phone><text>&lt;p&gt;Hi &lt;b&gt;you&lt;/b&gt;&lt;/p&gt;</text></conf>'
    expect(blocksOf(await load(source, 'a.xml'))).toEqual([
      ['list', '', '- wait: 5 (seconds)'],
      ['list', 'user', '- user.name: a\n- user.mail: a@b'],
      ['table', 'phone', 'type | text\nhome | 1\nwork | 2'],
      ['list', '', '- text: Hi  you'.replace('  ', ' ')],
    ])
  })

  it('of texts has sections, paragraphs, lists, tables and listings', async () => {
    const source =
      '<book><info><title>Manual</title></info><chapter><title>One</title><para>Text <emphasis>here</emphasis>.</para>' +
      '<section><title>In</title><itemizedlist><listitem><para>a</para></listitem></itemizedlist><screen>a\n b</screen></section></chapter>' +
      '<chapter><title>Two</title><table><row><entry>k</entry><entry>v</entry></row><row><entry>a</entry><entry>1</entry></row></table></chapter></book>'
    const document = await load(source, 'a.xml')
    expect(document.title).toBe('Manual')
    expect(blocksOf(document).slice(1)).toEqual([
      ['heading', '', 'One'],
      ['paragraph', 'One', 'Text here.'],
      ['heading', 'One', 'In'],
      ['list', 'One › In', '- a'],
      ['code', 'One › In', 'a\n b'],
      ['heading', '', 'Two'],
      ['table', 'Two', 'k | v\na | 1'],
    ])
  })

  it('is known by its first line; property lists are read by their keys', async () => {
    const source =
      '<?xml version="1.0"?><plist><dict><key>Name</key><string>x</string><key>On</key><true/></dict></plist>'
    expect((await load(source, 'a.unknown')).text).toBe('- dict.Name: x\n- dict.On: true')
  })

  it.each([
    ['<a><b></a>', 'Not valid XML'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'Not valid XML'],
    [`${'<a>'.repeat(300)}${'</a>'.repeat(300)}`, 'nests deeper'],
  ])('that cannot be read is text, with a warning: %j', async (source, warning) => {
    const document = await load(source, 'a.xml')
    expect(document).toMatchObject({ text: source, warnings: [expect.stringContaining(warning)] })
  })
})

describe('iCalendar', () => {
  const calendar = (...lines: string[]): string =>
    ['BEGIN:VCALENDAR', 'X-WR-CALNAME:Club', ...lines, 'END:VCALENDAR'].join('\r\n')

  it('is a section for each entry, with its place and time', async () => {
    const document = await load(
      calendar(
        'BEGIN:VEVENT',
        'DTSTART:20260312T180000Z',
        'DTEND;TZID="Europe/Oslo":20260312T210000',
        'RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20260601',
        'SUMMARY:Choir',
        'LOCATION:Chapel\\, north door',
        'DESCRIPTION:Bring the folders\\, and a',
        '  pencil.\\nNo coats.',
        'ORGANIZER;CN=Ada B:mailto:ada@example.org',
        'BEGIN:VALARM',
        'DESCRIPTION:Alarm',
        'END:VALARM',
        'END:VEVENT',
        'BEGIN:VEVENT',
        'SUMMARY:Regatta',
        'DTSTART;VALUE=DATE:20260530',
        'DTEND;VALUE=DATE:20260601',
        'END:VEVENT',
      ),
      'a.txt',
    )
    expect(document.title).toBe('Club')
    expect(blocksOf(document)).toEqual([
      ['heading', '', 'Choir'],
      [
        'list',
        'Choir',
        '- Start: 2026-03-12 18:00 UTC\n- End: 2026-03-12 21:00 (Europe/Oslo)\n- Repeats: weekly, by day TH, until 2026-06-01\n' +
          '- Location: Chapel, north door\n- Description: Bring the folders, and a pencil. No coats.\n- Organizer: Ada B <ada@example.org>',
      ],
      ['heading', '', 'Regatta'],
      ['list', 'Regatta', '- Start: 2026-05-30\n- End: 2026-05-31'],
    ])
  })
})

describe('AsciiDoc', () => {
  it('has its author, version and date, and sections of plain words', async () => {
    const document = await load(
      '// mine\n= Grinder *manual*\nJan_Piet Loos <jan@example.org>; Ada B\nv1.4, 2024-03-09\n:toc:\n:product: Mill 5\n\n' +
        '== Cleaning [[clean]]\n\nBrush the burrs of {product} every *two weeks*.footnote:[Weekly with oily beans.]\nSee <<clean,Cleaning>>, ' +
        'https://example.org[the page] and kbd:[Ctrl+C].\n\n////\nsecret\n////\n\nNOTE: Never wash `the_burrs`.\n\n[WARNING]\n====\nIt is *hot*.\n====\n',
      'a.adoc',
    )
    expect(document).toMatchObject({
      title: 'Grinder manual',
      metadata: { author: 'Jan Piet Loos <jan@example.org>, Ada B', version: '1.4', date: '2024-03-09' },
      modifiedAt: new Date('2024-03-09'),
    })
    expect(blocksOf(document).slice(2)).toEqual([
      ['heading', 'Grinder manual', 'Cleaning'],
      [
        'paragraph',
        'Grinder manual › Cleaning',
        'Brush the burrs of Mill 5 every two weeks. (Weekly with oily beans.) See Cleaning, the page <https://example.org> and Ctrl+C.',
      ],
      ['paragraph', 'Grinder manual › Cleaning', 'NOTE: Never wash the_burrs.'],
      ['paragraph', 'Grinder manual › Cleaning', 'WARNING: It is hot.'],
    ])
  })

  it('has lists, terms, listings and pictures', async () => {
    const document = await load(
      'Buy:\n\n* beans\n** dark\n* [x] milk\n\n. Open\n. Close\n+\nFirmly.\n\nlamp:: shows heat\n\n[source,sh]\n----\nmake *all* <1>\n----\n\nimage::a.png[The red lamp,200]\n',
      'a.adoc',
    )
    expect(blocksOf(document)).toEqual([
      ['paragraph', '', 'Buy:'],
      ['list', '', '- beans\n  - dark\n- [x] milk\n1. Open\n2. Close Firmly.\n- lamp: shows heat'],
      ['code', '', 'make *all*'],
      ['paragraph', '', 'The red lamp'],
    ])
  })

  it.each([
    [
      '[cols="1,1"]\n|===\n|Light |Meaning\n\n|amber\n|empty\n\n|violet\n|too hot\n|===',
      'Light | Meaning\namber | empty\nviolet | too hot',
    ],
    ['|===\n|a |b\n|1 |2\n|===', 'a | b\n1 | 2'],
    [
      '|===\n|Route |Who |Fare\n\n.2+|Tolne |Adult |8\n|Child |5\n2+|all |free\n|===',
      'Route | Who | Fare\nTolne | Adult | 8\nTolne | Child | 5\nall | all | free',
    ],
    [',===\na,b\n1,2\n,===', 'a | b\n1 | 2'],
    ['|===\n|a \\| b |c\n|===', 'a | b | c'],
  ])('%j has its cells in their rows', async (source, text) => {
    expect((await load(source, 'a.adoc')).text).toBe(text)
  })
})

describe('notebooks', () => {
  const book = (...cells: object[]): string =>
    JSON.stringify({ cells, metadata: { kernelspec: { language: 'python' } }, nbformat: 4 })
  const png = 'iVBORw0KGgoAAQ4CBPVt3d'.repeat(50)

  it('are their texts, code and results in order, without pictures', async () => {
    const document = await load(
      book(
        {
          cell_type: 'markdown',
          source: ['# Bike rides\n', '\n', `Counted in May. ![Map](data:image/png;base64,${png})`],
        },
        {
          cell_type: 'code',
          source: ['def mean(a):\n', '    return a\n'],
          outputs: [
            { output_type: 'stream', text: ['\u001b[1mmean\u001b[0m: 1843\n'] },
            { output_type: 'display_data', data: { 'image/png': png, 'text/plain': ['<Figure size 1x1>'] } },
            { output_type: 'error', ename: 'ValueError', evalue: 'no rides' },
          ],
        },
        { cell_type: 'raw', source: 'The end.' },
      ),
      'rides.json',
    )
    expect(document).toMatchObject({ title: 'Bike rides', linesMatchFile: false })
    expect(blocksOf(document)).toEqual([
      ['heading', '', '# Bike rides'],
      ['paragraph', 'Bike rides', 'Counted in May. Map'],
      ['code', 'Bike rides', '```python\ndef mean(a):\n    return a\n```'],
      ['code', 'Bike rides', '```\nmean: 1843\n```'],
      ['code', 'Bike rides', '```\nValueError: no rides\n```'],
      ['paragraph', 'Bike rides', 'The end.'],
    ])
  })

  it('of earlier versions are read, too, and what is none is JSON', async () => {
    const old = {
      nbformat: 3,
      worksheets: [
        {
          cells: [
            { cell_type: 'heading', level: 2, source: 'Old' },
            { cell_type: 'code', input: '```', outputs: [] },
          ],
        },
      ],
    }
    expect((await load(JSON.stringify(old), 'a.ipynb')).text).toBe('## Old\n\n````\n```\n````')
    expect((await load('{"a": 1}', 'a.ipynb')).text).toBe('- a: 1')
    expect((await load('{"nbformat": 1}', 'a.json')).text).toBe('- nbformat: 1')
  })
})

describe('subtitles', () => {
  it('are what was said, under the times', async () => {
    const source =
      '1\n00:00:01,000 --> 00:00:04,000\nWelcome to the\nsalt works.\n\n2\n00:00:04,500 --> 00:00:09,200\n{\\an8}The oldest pan\n\n' +
      '3\n00:00:09,300 --> 00:00:12,000\n<i>is from 1743.</i>\n\n4\n01:02:03,000 --> 01:02:05,000\n- Who?\n- Hansson &amp; sons.\n'
    const document = await load(source, 'tour.srt')
    expect(blocksOf(document)).toEqual([
      ['paragraph', '00:00:01', 'Welcome to the salt works. The oldest pan is from 1743.'],
      ['paragraph', '01:02:03', '- Who?'],
      ['paragraph', '01:02:03', '- Hansson & sons.'],
    ])
  })

  it('of the web have voices, and neither notes, styles nor names of cues', async () => {
    const source =
      'WEBVTT - Tour\n\nNOTE secret\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:04.000 align:start\n<v Ada>Hello <c.loud>you</c>.\n\n' +
      '00:04.000 --> 00:05.000\n<v Bo>Rolling<00:00:04.500><c> on</c>\n\n00:05.000 --> 00:06.000\n<v Bo>Rolling on\nand on.\n'
    expect(blocksOf(await load(source, 'a.txt'))).toEqual([
      ['paragraph', '00:00:01', 'Ada: Hello you.'],
      ['paragraph', '00:00:04', 'Bo: Rolling on and on.'],
    ])
  })

  it('begin a paragraph after a pause, and where one is long', async () => {
    const cue = (at: number, text: string): string =>
      `00:${String(at).padStart(2, '0')}:00.0,00:${String(at).padStart(2, '0')}:59.0\n${text}\n\n`
    const document = await load(
      `${cue(1, 'One.')}${cue(2, 'Two.')}${cue(9, `${'Long words. '.repeat(50)}`)}${cue(10, 'Last.')}`,
      'a.sbv',
    )
    expect(document.blocks.map(({ headings }) => headings[0])).toEqual(['00:01:00', '00:09:00', '00:10:00'])
  })
})
