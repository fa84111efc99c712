/** Files that somebody made to harm whoever reads them, and what their ingest must end with. */
import { constants, deflateRawSync, deflateSync } from 'node:zlib'
import { type Deflated, zip } from './zip-writer.ts'

export interface HostileFile {
  readonly name: string
  readonly bytes: () => Buffer
  /** Codes of which one must be the result; `ok` when it is harmless once read with care. */
  readonly ends: readonly string[]
  /** Takes long, until a bound ends it: for the bench. */
  readonly heavy?: true
}

const MEGABYTE = 1024 * 1024
const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

const relationships = (targets: readonly { readonly type: string; readonly target: string }[]): string =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets
    .map(
      ({ type, target }, i) => `<Relationship Id="r${i + 1}" Type="${OFFICE}/${type}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`

const main = (target: string) => ({
  name: '_rels/.rels',
  data: relationships([{ type: 'officeDocument', target }]),
})

const docx = (document: string | Deflated): Buffer =>
  zip([main('word/document.xml'), { name: 'word/document.xml', data: document }])
const body = (content: string): string => `<w:document ${W}><w:body>${content}</w:body></w:document>`
const paragraph = (text: string): string => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`

const xlsx = (sheet: string | Deflated): Buffer =>
  zip([
    main('xl/workbook.xml'),
    {
      name: 'xl/workbook.xml',
      data: `<workbook xmlns:r="${OFFICE}"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      data: relationships([{ type: 'worksheet', target: 'sheet1.xml' }]),
    },
    { name: 'xl/sheet1.xml', data: sheet },
  ])

function pptx(slides: number): Buffer {
  const numbers = Array.from({ length: slides }, (_, i) => i + 1)
  return zip([
    main('ppt/presentation.xml'),
    {
      name: 'ppt/presentation.xml',
      data: `<p:presentation xmlns:p="p" xmlns:r="${OFFICE}"><p:sldIdLst>${numbers
        .map((i) => `<p:sldId id="${i + 255}" r:id="r${i}"/>`)
        .join('')}</p:sldIdLst></p:presentation>`,
    },
    {
      name: 'ppt/_rels/presentation.xml.rels',
      data: relationships(numbers.map((i) => ({ type: 'slide', target: `slides/slide${i}.xml` }))),
    },
    ...numbers.map((i) => ({
      name: `ppt/slides/slide${i}.xml`,
      data: '<p:sld xmlns:p="p"><p:cSld><p:spTree/></p:cSld></p:sld>',
    })),
  ])
}

/** So many megabytes of one byte, deflated to a thousandth; `claimed` is what the archive says. */
function bomb(megabytes: number, claimed = megabytes * MEGABYTE, before = ''): Deflated {
  const flush = { finishFlush: constants.Z_FULL_FLUSH }
  const block = deflateRawSync(Buffer.alloc(MEGABYTE, ' '), flush)
  const start = deflateRawSync(Buffer.from(before), flush)
  const blocks = Array.from({ length: megabytes }, () => block)
  return {
    deflated: Buffer.concat([start, ...blocks, Buffer.from([3, 0])]),
    claimedSize: claimed + before.length,
  }
}

/** A PDF from its objects, the first one its catalog. */
function pdf(objects: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
  const offsets: number[] = []
  let offset = parts[0]?.length ?? 0
  for (const [i, object] of objects.entries()) {
    const content = typeof object === 'string' ? Buffer.from(object, 'latin1') : object
    const part = Buffer.concat([Buffer.from(`${i + 1} 0 obj\n`), content, Buffer.from('\nendobj\n')])
    offsets.push(offset)
    parts.push(part)
    offset += part.length
  }
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${offset}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(parts)
}

const stream = (content: Buffer | string, extra = ''): Buffer => {
  const data = Buffer.from(content)
  return Buffer.concat([
    Buffer.from(`<< /Length ${data.length} ${extra}>>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ])
}

const FONT = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'

/** Pages with a few lines of text each. */
function pdfOfPages(count: number): Buffer {
  const kids = Array.from({ length: count }, (_, i) => `${4 + 2 * i} 0 R`).join(' ')
  return pdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${count} /Kids [${kids}] /MediaBox [0 0 600 800] >>`,
    FONT,
    ...Array.from({ length: count }, (_, i) => [
      `<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * i} 0 R >>`,
      stream(
        `BT /F1 11 Tf 50 700 Td ${Array.from({ length: 8 }, (_, line) => `(Page ${i + 1} says in its line ${line + 1} what nobody reads.) Tj 0 -14 Td`).join(' ')} ET`,
      ),
    ]).flat(),
  ])
}

const laughs = `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "${'ha'.repeat(50)}">${Array.from('bcdefghij', (name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i]};`.repeat(10)}">`).join('')}]>`

export const HOSTILE_FILES: readonly HostileFile[] = [
  { name: 'bomb.docx', bytes: () => docx(bomb(1000)), ends: ['document_too_large'] },
  { name: 'lying-bomb.docx', bytes: () => docx(bomb(300, 1000)), ends: ['document_corrupt'] },
  {
    name: 'many-bombs.epub',
    bytes: () =>
      zip([
        {
          name: 'META-INF/container.xml',
          data: '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>',
        },
        {
          name: 'a.opf',
          data: `<package><manifest>${Array.from({ length: 9 }, (_, i) => `<item id="c${i}" href="c${i}.xhtml"/>`).join('')}</manifest><spine>${Array.from({ length: 9 }, (_, i) => `<itemref idref="c${i}"/>`).join('')}</spine></package>`,
        },
        ...Array.from({ length: 9 }, (_, i) => ({
          name: `c${i}.xhtml`,
          data: bomb(100, undefined, '<p>x</p>'),
        })),
      ]),
    ends: ['document_too_large', 'parser_failed'],
  },
  {
    name: 'many-entries.docx',
    bytes: () => zip(Array.from({ length: 65_000 }, (_, i) => ({ name: `word/${i}`, data: '' }))),
    ends: ['document_too_large'],
  },
  {
    name: 'laughs.docx',
    bytes: () => docx(laughs + body(paragraph('&j;'))),
    ends: ['document_corrupt'],
  },
  {
    name: 'outside.docx',
    bytes: () =>
      docx(
        `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>${body(paragraph('&x;'))}`,
      ),
    ends: ['document_corrupt'],
  },
  {
    name: 'deep.docx',
    bytes: () => docx(body(`${'<w:tbl><w:tr><w:tc>'.repeat(200_000)}`)),
    ends: ['document_corrupt'],
  },
  {
    name: 'nested-tables.docx',
    bytes: () =>
      docx(
        body(
          `${'<w:tbl><w:tr><w:tc>'.repeat(600)}${paragraph('deep')}${'</w:tc></w:tr></w:tbl>'.repeat(600)}`,
        ),
      ),
    ends: ['ok'],
  },
  {
    name: 'endless-paragraph.docx',
    bytes: () => docx(bomb(150, undefined, `<w:document ${W}><w:body><w:p><w:r><w:t>x`)),
    ends: ['document_corrupt', 'document_too_large', 'parser_failed'],
    heavy: true,
  },
  {
    name: 'archive-in-archive.zip',
    bytes: () => zip([{ name: 'a.zip', data: zip([{ name: 'b.docx', data: docx(bomb(100)) }]) }]),
    ends: ['unsupported_format'],
  },
  {
    name: 'far-corner.xlsx',
    bytes: () =>
      xlsx(
        '<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" t="str"><v>far</v></c></row></sheetData></worksheet>',
      ),
    ends: ['ok'],
  },
  {
    name: 'wide-rows.xlsx',
    bytes: () =>
      xlsx(
        `<worksheet><sheetData>${Array.from({ length: 20_000 }, (_, i) => `<row><c r="A${i + 1}" t="str"><v>a</v></c><c r="${i % 2 ? 'XFD' : 'XFC'}${i + 1}" t="str"><v>z</v></c></row>`).join('')}</sheetData></worksheet>`,
      ),
    ends: ['ok'],
  },
  { name: 'empty-slides.pptx', bytes: () => pptx(2000), ends: ['document_empty'] },
  {
    name: 'circular-pages.pdf',
    bytes: () =>
      pdf([
        '<< /Type /Catalog /Pages 2 0 R >>',
        '<< /Type /Pages /Count 900000000 /Kids [3 0 R 3 0 R] >>',
        '<< /Type /Pages /Parent 2 0 R /Count 900000000 /Kids [2 0 R] >>',
      ]),
    ends: ['document_corrupt', 'no_text_layer'],
  },
  {
    name: 'circular-forms.pdf',
    bytes: () =>
      pdf([
        '<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>',
        '<< /Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 600 800] >>',
        '<< /Type /Page /Parent 2 0 R /Resources << /XObject << /X 4 0 R >> /Font << /F1 5 0 R >> >> /Contents 8 0 R >>',
        stream(
          '/X Do /X Do BT /F1 9 Tf (round and round) Tj ET',
          '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 4 0 R >> /Font << /F1 5 0 R >> >> ',
        ),
        FONT,
        '<< /Type /Outlines /First 7 0 R /Last 7 0 R >>',
        '<< /Title (again) /Parent 6 0 R /First 7 0 R /Next 7 0 R >>',
        stream('/X Do'),
      ]),
    ends: ['ok', 'document_corrupt', 'no_text_layer', 'parser_failed'],
  },
  {
    name: 'bomb.pdf',
    bytes: () => {
      const { deflated } = bomb(1500)
      return pdf([
        '<< /Type /Catalog /Pages 2 0 R >>',
        '<< /Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 600 800] >>',
        '<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>',
        stream(Buffer.concat([Buffer.from([0x78, 0x9c]), deflated]), '/Filter /FlateDecode '),
      ])
    },
    ends: ['parser_failed', 'no_text_layer', 'document_corrupt'],
    heavy: true,
  },
  {
    name: 'truncated.pdf',
    bytes: () => pdfOfPages(40).subarray(0, 20_000),
    ends: ['ok', 'document_corrupt'],
  },
  { name: 'no-objects.pdf', bytes: () => Buffer.from('%PDF-1.7\n%%EOF\n'), ends: ['document_corrupt'] },
  { name: 'eight-hundred-pages.pdf', bytes: () => pdfOfPages(800), ends: ['ok'] },
  { name: 'pdf-named.docx', bytes: () => pdfOfPages(1), ends: ['ok'] },
  { name: 'docx-named.pdf', bytes: () => docx(body(paragraph('A letter.'))), ends: ['ok'] },
  { name: 'text-named.xlsx', bytes: () => Buffer.from('Nothing but a note.\n'), ends: ['ok'] },
  {
    name: 'rules-for-all.html',
    bytes: () =>
      Buffer.from(
        `<!doctype html><html><style>${'*{display:block}'.repeat(20_000)}</style><body>${'<b>x</b>'.repeat(20_000)}`,
      ),
    ends: ['document_too_large'],
  },
  {
    name: 'errors-of-style.html',
    bytes: () => Buffer.from(`<!doctype html><html><style>a{${'%x;'.repeat(100_000)}}</style><body>x`),
    ends: ['document_too_large'],
  },
  {
    name: 'deep-styles.html',
    bytes: () => Buffer.from(`<!doctype html><html><style>${'a{b{c:d} '.repeat(50_000)}</style><body>x`),
    ends: ['document_too_large'],
  },
  {
    name: 'deep-selectors.html',
    bytes: () =>
      Buffer.from(
        `<!doctype html><html><style>${':has('.repeat(50_000)}{display:none}${':not('.repeat(9)}p${')'.repeat(9)}{display:none}</style><body>x`,
      ),
    ends: ['ok'],
  },
  {
    name: 'deep.html',
    bytes: () => Buffer.from(`<!doctype html><html><body>${'<div style="color:red">'.repeat(100_000)}x`),
    ends: ['ok'],
  },
  {
    name: 'garbage.pptx',
    bytes: () => deflateSync(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 7919) % 251))),
    ends: ['unsupported_format', 'invalid_encoding'],
  },
]
