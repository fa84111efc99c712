import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import type { LoadedDocument } from '../../src/domain/document.ts'
import { loadDocument } from '../../src/ingest/load.ts'

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
