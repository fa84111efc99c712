/** What a piece of a document is, and what leads to it, whatever format says so. */
import { expect, test } from 'vitest'
import { blocksOf } from '../../../../src/ingest/blocks/blocks.ts'
import { loadDocument } from '../../../../src/ingest/loaders/load.ts'

/** Kind, text and leads of each block. */
async function pieces(source: string, uri: string): Promise<string[][]> {
  const document = await loadDocument(Buffer.from(source), uri, { maxTextLength: 100_000 })
  const textOf = ({ start, end }: { start: number; end: number }) => document.text.slice(start, end)
  return blocksOf(document).map((block) => [block.kind, textOf(block), ...block.leads.map(textOf)])
}

const page = (body: string) => `<html><body>${body}</body></html>`

test('merged cells of a page stand in each row and under each name', async () => {
  const table = `<table><caption>Berths</caption>
    <tr><th rowspan=2>Pier</th><th rowspan=2>Boat</th><th colspan=2>2030</th></tr>
    <tr><th>Day</th><th>Week</th></tr>
    <tr><td rowspan=2>North</td><td>Dinghy</td><td>7</td><td>30</td></tr>
    <tr><td>Yacht</td><td colspan=2>on request</td></tr>
    <tr><td colspan=4>Guests</td></tr>
    <tr><td>South</td><td>Canoe</td><td>2</td><td>9</td></tr></table>`
  const header = ['Berths', 'Pier | Boat | 2030 | 2030', 'Pier | Boat | Day | Week']
  expect(await pieces(page(table), 'a.html')).toEqual([
    ['row', 'North | Dinghy | 7 | 30', ...header],
    ['row', 'North | Yacht | on request | on request', ...header],
    ['row', 'South | Canoe | 2 | 9', ...header, 'Guests'],
  ])
})

test('a table without names of columns begins with a row', async () => {
  const table =
    '<p>Сигналы:</p><table><tr><td>HUP</td><td>новые настройки</td></tr><tr><td>QUIT</td><td>остановка</td></tr></table>'
  expect(await pieces(page(table), 'a.html')).toEqual([
    ['paragraph', 'Сигналы:'],
    ['row', 'HUP | новые настройки', 'Сигналы:'],
    ['row', 'QUIT | остановка', 'Сигналы:'],
  ])
})

test('listings keep their lines and language, raised figures their distance', async () => {
  const source = page(
    '<p>Length 10<sup>6</sup> m, mass 640<sup><a href="#n1">1</a></sup> kg:</p><pre class="language-INI">a = 1<br>b = 2</pre>',
  )
  const document = await loadDocument(Buffer.from(source), 'a.html', { maxTextLength: 1000 })
  expect(document.text).toBe('Length 10⁶ m, mass 640 ¹ kg:\n\na = 1\nb = 2')
  expect(blocksOf(document).at(-1)).toMatchObject({ kind: 'code', language: 'ini' })
})

const message = (body: string) =>
  `From: Ada <ada@example.org>\nTo: b@example.org\nSubject: Re: Roof\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${body}`

test('a message is what its author wrote, and what it quotes', async () => {
  const english = message(
    'We need:\n\n- tiles\n- nails\n\nOn Mon, 4 Mar 2030 at 10:00, Bo\n<b@example.org> wrote:\n> What do we need?\n>\n> Bo\n\nAda\n',
  )
  const found = await pieces(english, 'a.eml')
  expect(found.slice(0, 3).map(([kind]) => kind)).toEqual(['field', 'field', 'field'])
  const attribution = 'On Mon, 4 Mar 2030 at 10:00, Bo\n<b@example.org> wrote:'
  expect(found.slice(3)).toEqual([
    ['paragraph', 'We need:'],
    ['item', '- tiles', 'We need:'],
    ['item', '- nails', 'We need:'],
    ['quote', attribution],
    ['quote', 'What do we need?', attribution],
    ['quote', 'Bo'],
    ['paragraph', 'Ada'],
  ])
  const russian = message('Привезу в среду.\n\n04.03.2030 10:00, Бо пишет:\n> Когда привезут?\n')
  expect((await pieces(russian, 'a.eml')).slice(3).map(([kind, text]) => [kind, text])).toEqual([
    ['paragraph', 'Привезу в среду.'],
    ['quote', '04.03.2030 10:00, Бо пишет:'],
    ['quote', 'Когда привезут?'],
  ])
  const below = message('Yes.\n\n-----Original Message-----\nFrom: Bo\n\nMay I?\n')
  expect((await pieces(below, 'a.eml')).slice(3).map(([kind]) => kind)).toEqual([
    'paragraph',
    'quote',
    'quote',
  ])
})

test('steps on one line, and items that stand apart, are steps of one procedure', async () => {
  const source = 'Pairing:\n\n1. Press 1. button. 2. Wait for 3 seconds. 3. Let go.\n\n4. Close it.\n'
  const document = await loadDocument(Buffer.from(source), 'a.txt', { maxTextLength: 1000 })
  const steps = blocksOf(document).filter(({ kind }) => kind === 'step')
  expect(steps.map(({ start, end }) => source.slice(start, end))).toEqual([
    '1. Press 1. button.',
    '2. Wait for 3 seconds.',
    '3. Let go.',
    '4. Close it.',
  ])
  expect(new Set(steps.map(({ group }) => group?.start)).size).toBe(1)
})

test('a question leads to its answer', async () => {
  expect(await pieces('**Можно ли с собакой?**\n\nДа, на поводке.\n\nКасса рядом.', 'a.md')).toEqual([
    ['paragraph', '**Можно ли с собакой?**'],
    ['paragraph', 'Да, на поводке.', '**Можно ли с собакой?**'],
    ['paragraph', 'Касса рядом.'],
  ])
})

test('tasks keep their boxes, numbered decisions their numbers', async () => {
  expect(await pieces('☐ Buy paint\n☑ Call Bo\n', 'a.txt')).toEqual([
    ['task', '☐ Buy paint'],
    ['task', '☑ Call Bo'],
  ])
  expect(await pieces('# Протокол\n\n3.1 Смету утвердить.\n3.2 Забор не строить.\n', 'a.md')).toEqual([
    ['heading', '# Протокол'],
    ['step', '3.1 Смету утвердить.'],
    ['step', '3.2 Забор не строить.'],
  ])
})

test('a comment that documents stands with what it documents, under its name', async () => {
  const filling = Array.from({ length: 30 }, (_, i) => `    this.step(${i})`).join('\n')
  const source = `import { a } from 'a'

/** Насос. */
export class Pump {
  /**
   * Starts it (if it stands).
   *
     class of comments without stars
   */
  async start(): Promise<void> {
${filling}
  }

  /** Stops it. */
  stop(): void {
    this.off()
  }
}

/** Seconds until it stops. */
export const LIMIT = 90
`
  const document = await loadDocument(Buffer.from(source), 'a.ts', { maxTextLength: 10_000 })
  const found = blocksOf(document).map(({ headings, start, end }) => {
    const lines = document.text.slice(start, end).split('\n')
    return [headings.at(-1), lines[0]]
  })
  expect(found).toEqual([
    [undefined, "import { a } from 'a'"],
    ['Pump', '/** Насос. */'],
    ['start', '/**'],
    ['stop', '/** Stops it. */'],
    ['LIMIT', '/** Seconds until it stops. */'],
  ])
})

test('a fence of code keeps its language and its lines', async () => {
  const source = 'Start it:\n\n```Bash title="x"\nrun a\n\nrun b\n```\n'
  const document = await loadDocument(Buffer.from(source), 'a.md', { maxTextLength: 1000 })
  expect(blocksOf(document).at(-1)).toMatchObject({ kind: 'code', language: 'bash' })
  expect((await pieces(source, 'a.md')).at(-1)).toEqual([
    'code',
    '```Bash title="x"\nrun a\n\nrun b\n```',
    'Start it:',
  ])
})

test.each([
  ['rows', 'a.csv', (i: number) => `${i},part ${i}`],
  ['items', 'a.txt', (i: number) => `- part ${i}`],
])('%s of any number are blocks', async (_, uri, line) => {
  const source = Array.from({ length: 150_000 }, (_, i) => line(i)).join('\n')
  const document = await loadDocument(Buffer.from(source), uri, { maxTextLength: 10_000_000 })
  expect(blocksOf(document).length).toBeGreaterThan(149_000)
})

test('columns of plain text keep their lines', async () => {
  const source =
    'UNITS\n       Prefix     Name       Value\n       k          kilo       10^3\n       M          mega       10^6\n\n       Justified  text  has  two  spaces\n       in  a  row  and  is  a paragraph\n       like  any  other  one.\n'
  expect((await pieces(source, 'a.txt')).map(([kind, text]) => [kind, text?.split('\n').length])).toEqual([
    ['heading', 1],
    ['code', 3],
    ['paragraph', 3],
  ])
})

test('a description that begins beside its term and goes on below belongs to it', async () => {
  const source =
    'EXIT\n       1      minor problems,\n\n       2      serious trouble (for  example,  an  argument  that  is\n              not there).\n'
  expect((await pieces(source, 'a.txt')).map(([kind, text]) => [kind, text?.split('\n').length])).toEqual([
    ['heading', 1],
    ['paragraph', 1],
    ['paragraph', 2],
  ])
})

test('a term of reStructuredText is the heading of what it defines', async () => {
  const source =
    'Settings\n========\n\n``silent``\n\n  No output.\n\n  *Default*: false\n\n``port``\n  Where it listens.\n\nA paragraph of its own:\n\n  A quotation.\n'
  const { text, blocks } = await loadDocument(Buffer.from(source), 'a.rst', { maxTextLength: 1000 })
  const found = blocksOf({ text, blocks }).map(({ kind, headings, start, end }) => [
    kind,
    headings.join(' › '),
    text.slice(start, end),
  ])
  expect(found.filter(([kind]) => kind !== 'heading')).toEqual([
    ['paragraph', 'Settings › silent', 'No output.'],
    ['paragraph', 'Settings › silent', '*Default*: false'],
    ['paragraph', 'Settings › port', 'Where it listens.'],
    ['paragraph', 'Settings', 'A paragraph of its own:'],
    ['quote', 'Settings', 'A quotation.'],
  ])
})

test('a configuration that its comments explain is stored as it is, by section', async () => {
  const yaml =
    '# The shop.\n# Restart after a change.\n\nserver:\n  port: 80\n  # At most so many users;\n  # -1 closes the door.\n  # max_users: 1000\n\nlog:\n  # Where to\n  file: /var/log/shop\n'
  const ini = '; The shop.\n\n[server]\n; Where it listens\nport = 80\n\n[log]\nfile = /var/log/shop\n'
  for (const [source, uri] of [
    [`${yaml}${'  # more\n'.repeat(60)}`, 'shop.yaml'],
    [`${ini}${'; more\n'.repeat(80)}`, 'shop.conf'],
  ] as const) {
    const document = await loadDocument(Buffer.from(source), uri, { maxTextLength: 10_000 })
    expect(document.text).toBe(source)
    const sections = blocksOf(document).filter(({ kind }) => kind === 'code')
    expect(sections.map(({ headings }) => headings.at(-1)).filter(Boolean)).toEqual(['server', 'log'])
  }
})
