import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import type { LoadedDocument } from '../../../../src/domain/document.ts'
import { isStorable } from '../../../../src/domain/storable.ts'
import { loadDocument } from '../../../../src/ingest/loaders/load.ts'

const load = (content: string | Buffer, uri: string): Promise<LoadedDocument> =>
  loadDocument(Buffer.from(content), uri, { maxTextLength: 50_000_000 })

/** Kind, section path and text of every block. */
const blocksOf = ({ text, blocks }: LoadedDocument): string[][] =>
  blocks.map(({ kind, headings, start, end }) => [kind, headings.join(' › '), text.slice(start, end)])

describe('CSV', () => {
  it('finds the delimiter, and takes line ends in quotes for spaces', async () => {
    const semicolons = await load('Имя;Город;"Note\n2"\nАнна;Москва;"a;b\n""c"""\nBoris;Paris\n', 'a.csv')
    const rows = 'Имя | Город | Note 2\nАнна | Москва | a;b "c"\nBoris | Paris'
    expect(blocksOf(semicolons)).toEqual([['table', '', rows]])
    expect(semicolons.linesMatchFile).toBe(false)
    const tabs = await load('a\tb, c\n1\t2\n', 'a.tsv')
    expect(tabs).toMatchObject({ text: 'a | b, c\n1 | 2', linesMatchFile: true, mediaType: 'text/csv' })
    expect((await load('sep=|\na|b\n', 'a.csv')).text).toBe('a | b')
  })

  it('names the values of wide rows, and gives long ones paragraphs', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `column ${i}`)
    const wide = await load(`name,${names.join(',')}\nAnna,${names.map((_, i) => i).join(',')}\n`, 'a.csv')
    expect(blocksOf(wide)).toEqual([
      ['list', 'Anna', expect.stringMatching(/^- name: Anna\n- column 0: 0\n[\s\S]*\n- column 39: 39$/u)],
    ])
    const story = 'A long story goes on. '.repeat(20).trim()
    const long = await load(`title,body\nOne,${story}\nTwo,${story}\n`, 'a.csv')
    expect(blocksOf(long)).toEqual([
      ['list', 'One', '- title: One'],
      ['paragraph', 'One › body', story],
      ['list', 'Two', '- title: Two'],
      ['paragraph', 'Two › body', story],
    ])
  })

  it('says where a quotation mark is not closed', async () => {
    const { warnings } = await load('a,b\n1,"2\n3,4\n', 'a.csv')
    expect(warnings).toEqual([expect.stringContaining('not closed')])
  })
})

describe('JSON', () => {
  it('gives every value its path, records their table, long texts their paragraphs', async () => {
    const story = `${'A long story goes on. '.repeat(20)}\n\nIts second part.`
    const data = {
      name: 'x',
      server: { port: 5432, hosts: ['a', 'b'], tls: null, on: false },
      people: [{ name: 'Анна', age: 30 }, { name: 'Boris' }],
      nested: [{ a: { b: [1, { c: 2 }] } }],
      story,
    }
    expect(blocksOf(await load(JSON.stringify(data), 'a.json'))).toEqual([
      ['list', '', '- name: x'],
      ['list', 'server', '- server.port: 5432\n- server.hosts: a, b\n- server.on: false'],
      ['table', 'people', 'name | age\nАнна | 30\nBoris |'],
      ['list', 'nested', '- nested[0].a.b[0]: 1\n- nested[0].a.b[1].c: 2'],
      ['paragraph', 'story', 'A long story goes on. '.repeat(20).trim()],
      ['paragraph', 'story', 'Its second part.'],
    ])
  })

  it('keeps the digits of long numbers', async () => {
    expect((await load('{"id": 12345678901234567890}', 'a.json')).text).toBe('- id: 12345678901234567890')
  })

  it('reads a record a line, and names the lines that are none', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => `{"id": ${i}, "name": "n${i}"}`)
    const document = await load([...lines.slice(0, 10), '{broken', ...lines.slice(10)].join('\n'), 'a.jsonl')
    expect(document.text.split('\n')).toEqual(['id | name', ...lines.map((_, i) => `${i} | n${i}`)])
    expect(document.warnings).toEqual([expect.stringContaining('line 11')])
  })

  it('reads what is not JSON as text, and says so', async () => {
    const document = await load('// settings\n{ a: 1 }\n', 'a.json')
    expect(document).toMatchObject({ text: '// settings\n{ a: 1 }\n', linesMatchFile: true })
    expect(document.warnings).toEqual([expect.stringContaining('Not valid JSON')])
  })
})

describe('YAML', () => {
  it('gives values their paths and comments', async () => {
    const source = `# About the service
server:
  # Port that it listens on
  port: 0x1F # do not change
  hosts: [a, b]
tls: &tls
  cert: /etc/cert
database:
  tls: *tls
  script: |
    first line
    second line
users:
  - name: Anna
    role: admin
  - name: Boris
    role: user
---
second: document
`
    expect(blocksOf(await load(source, 'a.yaml'))).toEqual([
      [
        'list',
        'server',
        expect.stringMatching(/- server.port: 0x1F \(.*Port that it listens on; do not change\)/u),
      ],
      ['list', 'tls', '- tls.cert: /etc/cert'],
      ['list', 'database', '- database.tls: *tls'],
      ['paragraph', 'database › database.script', 'first line\nsecond line'],
      ['table', 'users', 'name | role\nAnna | admin\nBoris | user'],
      ['list', '', '- second: document'],
    ])
    const { text, warnings } = await load('a: {{ .Values.x }}\nb: [', 'a.yaml')
    expect(text).toBe('a: {{ .Values.x }}\nb: [')
    expect(warnings).toEqual([expect.stringContaining('Not valid YAML')])
  })
})

describe('a mail archive', () => {
  const message = (from: string, day: number, subject: string, body: string) =>
    `From ${from} Mon Jan ${day} 09:00:00 2025\nFrom: ${from}\nTo: club@example.org\nSubject: ${subject}\nDate: ${day} Jan 2025 09:00:00 +0000\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${body}\n\n`
  const archive = [
    message(
      'ann@example.org',
      10,
      'Roof',
      'The roof leaks in the caf=C3=A9.\n>From the harbour it looks whole.',
    ),
    message('bob@example.org', 11, 'Dinner', 'Dinner is on 8 March.'),
    message('eva@example.org', 12, 'Re: Roof', 'It is mended.\n\nFrom now on it is dry.'),
    message('ivan@example.org', 9, 'Ответ: RE[2]: roof', 'Who mends it?'),
  ].join('')

  it('is its messages, decoded, conversations together and the newest first', async () => {
    const document = await load(archive, 'club.mbox')
    expect(document.mediaType).toBe('application/mbox')
    const bodies = ['It is mended.', 'The roof leaks in the café.', 'Who mends it?', 'Dinner is on 8 March.']
    const places = bodies.map((body) => document.text.indexOf(body))
    expect(places).toEqual(places.toSorted((one, other) => one - other))
    expect(places[0]).toBeGreaterThan(0)
    expect(document.text).toContain('\nFrom the harbour it looks whole.')
    expect(document.text).toContain('From now on it is dry.')
    expect(document.modifiedAt?.toISOString()).toBe('2025-01-12T09:00:00.000Z')
    const dinner = document.blocks.find(({ start, end }) =>
      document.text.slice(start, end).includes('8 March'),
    )
    expect(dinner?.headings).toEqual(['Dinner'])
  })

  it('is known by its content, and one message is not one', async () => {
    expect((await load(archive, 'backup')).mediaType).toBe('application/mbox')
    expect((await load(message('ann@example.org', 10, 'Roof', 'It leaks.'), 'letter')).mediaType).toBe(
      'message/rfc822',
    )
  })

  it('leaves out what is no message, and says so', async () => {
    const broken = `${archive}From x Mon Jan 20 09:00:00 2025\nSubject:\n\n\n`
    expect((await load(broken, 'club.mbox')).text).toContain('Dinner is on 8 March.')
  })
})

describe('e-mail', () => {
  const message = (...parts: string[]): string => `From: =?utf-8?B?0JDQvdC90LA=?= <a@example.org>
To: b@example.org
Subject: =?koi8-r?Q?=EF=D4=DE=A3=D4?=
Date: Mon, 24 Mar 2025 12:00:00 +0300
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

${parts.map((part) => `--x\n${part}\n`).join('')}--x--
`

  it('reads headers, the body once, and attachments by their own formats', async () => {
    const csv = iconv.encode('имя;город\nИван;Москва\n', 'win1251').toString('base64')
    const source = message(
      `Content-Type: multipart/alternative; boundary="y"

--y
Content-Type: text/plain; charset=koi8-r
Content-Transfer-Encoding: quoted-printable

=F0=D2=C9=D7=C5=D4!
--y
Content-Type: text/html; charset=utf-8

<p>Привет!</p>
--y--`,
      `Content-Type: text/csv; name="t.csv"\nContent-Disposition: attachment; filename="t.csv"\nContent-Transfer-Encoding: base64\n\n${csv}`,
      'Content-Type: text/markdown\nContent-Disposition: attachment; filename="n.md"\n\n# Notes\n\nText.',
      'Content-Type: image/png\nContent-Disposition: attachment; filename="p.png"\nContent-Transfer-Encoding: base64\n\niVBORw0KGgoAAAANSUhEUgAAAAEAAAAB',
    )
    const document = await load(source, 'a.eml')
    expect(document).toMatchObject({
      title: 'Отчёт',
      modifiedAt: new Date('2025-03-24T09:00:00Z'),
      metadata: { from: 'Анна <a@example.org>', to: 'b@example.org', attachments: 't.csv, n.md, p.png' },
      warnings: [expect.stringContaining('t.csv: Not UTF-8'), expect.stringContaining('p.png was left out')],
    })
    expect(blocksOf(document)).toEqual([
      ['list', '', expect.stringContaining('- From: Анна <a@example.org>\n- To: b@example.org')],
      ['paragraph', '', 'Привет!'],
      ['table', 't.csv', 'имя | город\nИван | Москва'],
      ['heading', 'n.md', '# Notes'],
      ['paragraph', 'n.md › Notes', 'Text.'],
    ])
  })

  it('reads HTML where there is no text, and text in undeclared encodings', async () => {
    const page = message('Content-Type: text/html; charset=utf-8\n\n<h1>News</h1><p>Only as <b>HTML</b>.</p>')
    expect(blocksOf(await load(page, 'a.eml')).slice(1)).toEqual([
      ['heading', '', 'News'],
      ['paragraph', 'News', 'Only as HTML.'],
    ])
    const raw = 'From: a@b\nSubject: x\n\nОтпуск длится 28 календарных дней.\n'
    const { text } = await load(iconv.encode(raw, 'win1251'), 'a.eml')
    expect(text).toContain('Отпуск длится 28 календарных дней.')
  })
})

describe('front matter and MDX', () => {
  it('gives the title, a flat map and the date, in YAML and TOML', async () => {
    const yaml = await load(
      '---\ntitle: Guide\nauthor: Anna\ntags: [a, b]\ndate: 2024-05-01\n---\n\nText.\n',
      'a.md',
    )
    const toml = await load('+++\ntitle = "Guide"\ndate = 2024-05-01\n+++\n\nText.\n', 'a.md')
    expect(yaml).toMatchObject({
      title: 'Guide',
      metadata: { author: 'Anna', tags: 'a, b', date: '2024-05-01' },
      modifiedAt: new Date('2024-05-01T00:00:00Z'),
    })
    expect(toml).toMatchObject({ title: 'Guide', modifiedAt: new Date('2024-05-01T00:00:00Z') })
    for (const document of [yaml, toml]) expect(blocksOf(document)).toEqual([['paragraph', '', 'Text.']])
  })

  it('reads what stands between the tags of components', async () => {
    const source = `import { Tabs } from './tabs'

# Title

<Tabs items={['a', 'b']} render={() => <b/>}>
  <Tab value="a">

Inside **text**.

  </Tab>
  <Note>A note.</Note>
</Tabs>

{/* not for readers */}
`
    expect(blocksOf(await load(source, 'a.mdx')).map(([, , text]) => text)).toEqual([
      '# Title',
      'Inside **text**.',
      'A note.',
    ])
  })
})

describe('reStructuredText', () => {
  it('reads sections, directives, literal blocks, tables and fields', async () => {
    const source = `======
 Main
======

:Author: Anna
:Date: 2024-05-01

Intro::

    literal

.. note::

   A note that matters.

.. toctree::
   :maxdepth: 2

   not-indexed

.. a comment

Sub
---

- item one
  goes on
- item two

.. code-block:: python
   :linenos:

   def f():
       return 1

===== =====
Name  Value
===== =====
a     1
===== =====

----

The end.
`
    const document = await load(source, 'a.rst')
    expect(document).toMatchObject({
      title: 'Main',
      metadata: { author: 'Anna', date: '2024-05-01' },
      linesMatchFile: true,
    })
    expect(blocksOf(document)).toEqual([
      ['heading', '', '======\n Main\n======'],
      ['list', 'Main', ':Author: Anna'],
      ['list', 'Main', ':Date: 2024-05-01'],
      ['paragraph', 'Main', 'Intro::'],
      ['code', 'Main', 'literal'],
      ['quote', 'Main', 'A note that matters.'],
      ['heading', 'Main', 'Sub\n---'],
      ['list', 'Main › Sub', '- item one\n  goes on\n- item two'],
      ['code', 'Main › Sub', 'def f():\n       return 1'],
      ['table', 'Main › Sub', '===== =====\nName  Value\n===== =====\na     1\n===== ====='],
      ['paragraph', 'Main › Sub', 'The end.'],
    ])
  })
})

describe('source code', () => {
  it('is cut at declarations, with their comments, under their names', async () => {
    const body = `${'    x = x + 1  # so that the file is not a small one\n'.repeat(8)}`
    const source = `import os\n\n# The main class\n@dataclass\nclass Foo(Base):\n    """A foo."""\n\n    def bar(self, x):\n${body}\ndef top(a,\n        b):\n${body}`
    const document = await load(source, 'src/foo.py')
    expect(document).toMatchObject({ title: 'foo.py', mediaType: 'text/x-python', linesMatchFile: true })
    expect(blocksOf(document).map(([, path, text]) => [path, text?.split('\n')[0]])).toEqual([
      ['', 'import os'],
      ['Foo', '# The main class'],
      ['Foo › bar', 'def bar(self, x):'],
      ['top', 'def top(a,'],
    ])
    expect(blocksOf(await load('def a(): pass\ndef b(): pass\n', 'a.py'))).toHaveLength(1)
  })
})

describe('HTML', () => {
  it('finds the article of a page that marks none, and what the page says of itself', async () => {
    const prose =
      'The daemon, which owns the database, reads the files, and answers the questions, in order. '
    const source = `<html><head><title>Daemons</title><meta name="author" content="Anna">
<meta property="article:published_time" content="2024-05-01T10:00:00Z"></head><body>
<div class="sidebar"><ul><li><a href="/a">Other page</a></li><li><a href="/b">One more</a></li></ul></div>
<div class="content"><h2>Daemons</h2>${`<p>${prose.repeat(4)}</p>`.repeat(5)}<p>Source: <a href="https://example.com/x">the manual</a></p></div>
<div class="related"><a href="/c">Related</a></div></body></html>`
    const document = await load(source, 'a.html')
    expect(document).toMatchObject({
      title: 'Daemons',
      metadata: { author: 'Anna', 'article:published_time': '2024-05-01T10:00:00Z' },
      modifiedAt: new Date('2024-05-01T10:00:00Z'),
    })
    expect(document.text).toContain('Source: the manual <https://example.com/x>')
    expect(document.text).not.toMatch(/Other page|Related/u)
  })
})

describe('hostile files end with a clear result', () => {
  const aliases = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}x]`)
  it.each<[string, string, string]>([
    ['nested divs', `${'<div>'.repeat(100_000)}deep`, 'a.html'],
    ['nested divs of an article', `<html><body>${'<div>'.repeat(100_000)}deep</body></html>`, 'a.html'],
    ['nested brackets of Markdown', '['.repeat(300_000), 'a.md'],
    ['nested quotes', `${'> '.repeat(200_000)}x`, 'a.md'],
    ['nested lists', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i * 2)}- x`).join('\n'), 'a.md'],
    ['nested arrays', `${'['.repeat(100_000)}1${']'.repeat(100_000)}`, 'a.json'],
    ['nested YAML', `${'['.repeat(50_000)}`, 'a.yaml'],
    ['nested JSON with long numbers', `${'['.repeat(5000)}1234567890123456789${']'.repeat(5000)}`, 'a.json'],
    ['nested YAML keys', '? '.repeat(5000), 'a.yaml'],
    ['an alias in itself', 'a: &a [*a]\nb: &b\n  <<: *b\n  <<: [*a, *b]\n', 'a.yaml'],
    ['nested front matter', `---\na: ${'['.repeat(9000)}${']'.repeat(9000)}\n---\ntext`, 'a.md'],
    [
      'aliases in front matter',
      `---\na: &a [*a]\nb: &b [x, x]\nc: [${'*b,'.repeat(999)}x]\n---\ntext`,
      'a.md',
    ],
    ['a bomb of aliases', `a0: &a0 lol\n${aliases.join('\n')}`, 'a.yaml'],
    ['a line of megabytes', 'a,'.repeat(1_000_000), 'a.csv'],
    ['quotation marks', `a,b\n${'a,"b\n'.repeat(200_000)}`, 'a.csv'],
  ])('%s', async (_, content, uri) => {
    const document = await load(content, uri)
    expect(document.text.trim()).not.toBe('')
    expect(document.blocks.length).toBeGreaterThan(0)
  })

  it.each<[string, string, string]>([
    ['JSON', '{"a\\u0000\\ud800": {"b": "x\\u0000y\\ud800"}, "c": 1}', 'a.json'],
    ['a complaint about JSON', `[1, 2, a${'😀'.repeat(30)}]`, 'a.json'],
    ['JSON Lines', '{"a": "\\ud800"}\n{"a": "\\u0000"}\n', 'a.jsonl'],
    ['YAML', 'a: "x\\0y\\ud800"\n"k\\0\\ud83d": {z: 1}\n', 'a.yaml'],
    ['HTML', '<html><title>a&#xD800;b</title><h1>c&#xDC00;</h1><p>d&#xD800;e</p></html>', 'a.html'],
  ])('what no text may hold is not read from escapes of %s', async (_, content, uri) => {
    expect(isStorable(await load(content, uri))).toBe(true)
  })

  it.each<[string, string, string, string]>([
    ['more tags than memory holds', '<'.repeat(2_000_000), 'a.html', 'document_too_large'],
    [
      'mail within mail without end',
      `From: a@b\nSubject: x\nContent-Type: multipart/mixed; boundary=x\n\n${'--x\nContent-Type: multipart/mixed; boundary=x\n\n'.repeat(1000)}`,
      'a.eml',
      'document_corrupt',
    ],
  ])('%s', async (_, content, uri, code) => {
    await expect(load(content, uri)).rejects.toMatchObject({ code })
  })
})
