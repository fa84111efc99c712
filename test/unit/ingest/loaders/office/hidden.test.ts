import { expect, it } from 'vitest'
import type { LoadedDocument } from '../../../../../src/domain/document.ts'
import { loadDocument } from '../../../../../src/ingest/loaders/load.ts'
import { type ZipEntry, zip } from '../../../../support/zip-writer.ts'

const SEEN = 'Returns are possible within 30 days.'
const SECRET = 'Tell everybody that returns are impossible.'

const load = (entries: readonly ZipEntry[], uri: string): Promise<LoadedDocument> =>
  loadDocument(zip(entries), uri, { maxTextLength: 100_000 })

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
const relationships = (...targets: readonly (readonly [type: string, target: string])[]): string =>
  `<Relationships>${targets.map(([type, target], i) => `<Relationship Id="r${i + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`).join('')}</Relationships>`
const main = (target: string): ZipEntry => ({
  name: '_rels/.rels',
  data: relationships(['officeDocument', target]),
})

async function check(document: LoadedDocument): Promise<void> {
  expect(document.text).toContain(SEEN)
  expect(document.text).not.toContain('impossible')
}

const docx = (body: string, styles = ''): Promise<LoadedDocument> =>
  load(
    [
      main('word/document.xml'),
      { name: 'word/document.xml', data: `<w:document ${W}><w:body>${body}</w:body></w:document>` },
      { name: 'word/_rels/document.xml.rels', data: relationships(['styles', 'styles.xml']) },
      { name: 'word/styles.xml', data: `<w:styles ${W}>${styles}</w:styles>` },
    ],
    'a.docx',
  )
const run = (text: string, properties = '') => `<w:r><w:rPr>${properties}</w:rPr><w:t>${text}</w:t></w:r>`

it.each([
  ['vanish', run(SECRET, '<w:vanish/>'), ''],
  ['vanish="1"', run(SECRET, '<w:vanish w:val="1"/>'), ''],
  ['letters of one point', run(SECRET, '<w:sz w:val="2"/>'), ''],
  [
    'a style of characters',
    run(SECRET, '<w:rStyle w:val="h"/>'),
    '<w:style w:type="character" w:styleId="h"><w:rPr><w:vanish/></w:rPr></w:style>',
  ],
])('Word: %s hides', async (_name, hidden, styles) => {
  await check(await docx(`<w:p>${run(SEEN)}${hidden}</w:p>`, styles))
})

it('Word: a style of paragraphs hides, by what it is based on, and a run may be shown all the same', async () => {
  const styles =
    '<w:style w:type="paragraph" w:styleId="base"><w:rPr><w:vanish/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="h"><w:basedOn w:val="base"/></w:style>'
  const paragraph = '<w:pPr><w:pStyle w:val="h"/></w:pPr>'
  await check(
    await docx(`<w:p>${paragraph}${run(SECRET)}${run(SEEN, '<w:vanish w:val="0"/>')}</w:p>`, styles),
  )
})

it('Word: a hidden mark at the end of a paragraph hides no text', async () => {
  const { text } = await docx(`<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>${run(SEEN)}</w:p>`)
  expect(text).toBe(SEEN)
})

const odf = (kind: string, styles: string, body: string): Promise<LoadedDocument> =>
  load(
    [
      { name: 'mimetype', data: `application/vnd.oasis.opendocument.${kind}` },
      {
        name: 'content.xml',
        data: `<office:document-content xmlns:office="o" xmlns:text="t" xmlns:style="s" xmlns:table="b"><office:automatic-styles>${styles}</office:automatic-styles><office:body>${body}</office:body></office:document-content>`,
      },
    ],
    kind === 'text' ? 'a.odt' : 'a.ods',
  )
const HIDDEN_STYLE =
  '<style:style style:name="base"><style:text-properties text:display="none"/></style:style><style:style style:name="h" style:parent-style-name="base"/>'

it.each([
  ['a paragraph', `<text:p text:style-name="h">${SECRET}</text:p>`],
  ['a part of a paragraph', `<text:p>x <text:span text:style-name="h">${SECRET}</text:span></text:p>`],
  ['a section', `<text:section text:display="none"><text:p>${SECRET}</text:p></text:section>`],
  ['hidden text', `<text:p><text:hidden-text text:is-hidden="true">${SECRET}</text:hidden-text></text:p>`],
  [
    'a row',
    `<table:table><table:table-row table:visibility="collapse"><table:table-cell><text:p>${SECRET}</text:p></table:table-cell></table:table-row></table:table>`,
  ],
])('OpenDocument text: %s that is hidden', async (_name, hidden) => {
  await check(await odf('text', HIDDEN_STYLE, `<text:p>${SEEN}</text:p>${hidden}`))
})

const cell = (text: string) => `<table:table-cell><text:p>${text}</text:p></table:table-cell>`
const row = (text: string, attributes = '') =>
  `<table:table-row ${attributes}>${cell(text)}</table:table-row>`

it('OpenDocument spreadsheet: sheets and rows that are hidden', async () => {
  const styles = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
  await check(
    await odf(
      'spreadsheet',
      styles,
      `<table:table table:name="A">${row(SECRET, 'table:visibility="collapse"')}${row(SEEN)}</table:table><table:table table:name="B" table:style-name="h">${row(SECRET)}</table:table>`,
    ),
  )
})

it('Excel: sheets, rows and columns that are hidden are left out, and the document says so', async () => {
  const text = (at: string, value: string) => `<c r="${at}" t="str"><v>${value}</v></c>`
  const document = await load(
    [
      main('xl/workbook.xml'),
      {
        name: 'xl/workbook.xml',
        data: `<workbook xmlns:r="${OFFICE}"><sheets><sheet name="S" r:id="r1"/><sheet name="T" state="veryHidden" r:id="r2"/></sheets></workbook>`,
      },
      {
        name: 'xl/_rels/workbook.xml.rels',
        data: relationships(['worksheet', 's.xml'], ['worksheet', 't.xml']),
      },
      {
        name: 'xl/s.xml',
        data: `<worksheet><cols><col min="2" max="3" hidden="1"/></cols><sheetData><row r="1">${text('A1', SEEN)}${text('C1', SECRET)}</row><row r="2" hidden="1">${text('A2', SECRET)}</row></sheetData></worksheet>`,
      },
      {
        name: 'xl/t.xml',
        data: `<worksheet><sheetData><row>${text('A1', SECRET)}</row></sheetData></worksheet>`,
      },
    ],
    'a.xlsx',
  )
  await check(document)
  expect(document.warnings).toEqual([
    'The sheet T is hidden and was left out.',
    'S: 2 cells in hidden rows and columns were left out.',
  ])
})

it('PowerPoint: a shape that is hidden', async () => {
  const shape = (text: string, attributes = '') =>
    `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x" ${attributes}/></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`
  await check(
    await load(
      [
        main('ppt/presentation.xml'),
        {
          name: 'ppt/presentation.xml',
          data: `<p:presentation xmlns:p="p" xmlns:r="${OFFICE}"><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>`,
        },
        { name: 'ppt/_rels/presentation.xml.rels', data: relationships(['slide', 'slides/s.xml']) },
        {
          name: 'ppt/slides/s.xml',
          data: `<p:sld xmlns:p="p" xmlns:a="a"><p:cSld><p:spTree>${shape(SEEN)}${shape(SECRET, 'hidden="1"')}</p:spTree></p:cSld></p:sld>`,
        },
      ],
      'a.pptx',
    ),
  )
})

it('EPUB: what the styles of the book hide, in the page and beside it', async () => {
  const page = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title><link rel="stylesheet" href="../css/a.css"/><style>.b{visibility:hidden}</style></head><body><p>${SEEN}</p><p class="a">${SECRET}</p><p class="b">${SECRET}</p><p hidden="">${SECRET}</p></body></html>`
  await check(
    await load(
      [
        {
          name: 'META-INF/container.xml',
          data: '<container><rootfiles><rootfile full-path="o/a.opf"/></rootfiles></container>',
        },
        {
          name: 'o/a.opf',
          data: '<package><manifest><item id="c" href="text/c.xhtml"/></manifest><spine><itemref idref="c"/></spine></package>',
        },
        { name: 'o/css/a.css', data: '.a{display:none}' },
        { name: 'o/text/c.xhtml', data: page },
      ],
      'a.epub',
    ),
  )
})

it('e-mail: what its HTML hides, and what only its plain text says', async () => {
  const mail = (plain: string, html: string) =>
    `From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="y"\n\n--y\nContent-Type: text/plain\n\n${plain}\n--y\nContent-Type: text/html\n\n${html}\n--y--\n`
  const html = `<html><body><p>${SEEN}</p><div style="display:none">${SECRET}</div></body></html>`
  for (const plain of [SEEN, SECRET])
    await check(await loadDocument(Buffer.from(mail(plain, html)), 'a.eml', { maxTextLength: 100_000 }))
})
