import { expect, it } from 'vitest'
import { withoutFurniture } from '../../../../../src/ingest/loaders/pdf/furniture.ts'
import { pdf } from '../../../../../src/ingest/loaders/pdf/pdf.ts'

/** A page with a form, as programs write it; pdf.js finds the objects without a table of them. */
const FORM = `%PDF-1.7
1 0 obj <</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [5 0 R 6 0 R 7 0 R 8 0 R] /DA (/F 11 Tf 0 g)>> >> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R
  /Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>> >> >>
  /Annots [5 0 R 6 0 R 7 0 R 8 0 R 9 0 R]>> endobj
4 0 obj <</Length 160>> stream
BT /F 11 Tf 60 700 Td (Name of the applicant:) Tj ET BT /F 11 Tf 60 640 Td (City:) Tj ET
BT /F 11 Tf 60 540 Td (This form is kept for ten years after the end of the contract.) Tj ET
endstream endobj
5 0 obj <</Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Ada Mercer) /Rect [200 694 400 712] /P 3 0 R>> endobj
6 0 obj <</Type /Annot /Subtype /Widget /FT /Ch /Ff 131072 /T (city) /Opt [(Northwick) (Southwick)] /V (Southwick) /Rect [200 634 400 652] /P 3 0 R>> endobj
7 0 obj <</Type /Annot /Subtype /Widget /FT /Tx /Ff 8192 /T (pin) /V (1234) /Rect [200 604 400 622] /P 3 0 R>> endobj
8 0 obj <</Type /Annot /Subtype /Widget /FT /Tx /T (hidden) /V (nobody sees this) /F 2 /Rect [200 574 400 592] /P 3 0 R>> endobj
9 0 obj <</Type /Annot /Subtype /FreeText /Contents (Checked by the office.) /DA (/F 11 Tf) /Rect [60 480 300 498] /P 3 0 R>> endobj
trailer <</Root 1 0 R>>
%%EOF
`

it('what was filled in stands after its label; passwords and hidden fields are left out', async () => {
  const { text } = await pdf.load(Buffer.from(FORM, 'latin1'), {
    uri: 'form.pdf',
    maxTextLength: 10_000,
    loadInner: async () => {
      throw new Error('nothing is inside')
    },
  })
  expect(text).toContain('Name of the applicant: Ada Mercer')
  expect(text).toContain('City: Southwick')
  expect(text).toContain('Checked by the office.')
  expect(text).not.toMatch(/1234|nobody|Northwick/)
})

const run = (text: string, left: number, bottom: number) => ({
  text,
  left,
  right: left + 40,
  bottom,
  top: bottom + 9,
  size: 11,
  mono: false,
})

it('years over the columns of one table are no running header, the same line of three pages is one', () => {
  const years = ['2021', '2022', '2023'].map((text, i) => run(text, 100 + 80 * i, 760))
  const page = (number: number) => [
    run(`Report, page ${number}`, 60, 780),
    run('Text of its own', 60, 400 + number),
  ]
  expect(withoutFurniture([years], 11)).toEqual([years])
  expect(
    withoutFurniture([page(1), page(2), page(3)], 11)
      .flat()
      .map(({ text }) => text),
  ).toEqual(Array(3).fill('Text of its own'))
})
