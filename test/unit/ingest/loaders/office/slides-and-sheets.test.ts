import { describe, expect, it } from 'vitest'
import type { LoadedDocument } from '../../../../../src/domain/document.ts'
import { loadDocument } from '../../../../../src/ingest/loaders/load.ts'
import { type ZipEntry, zip } from '../../../../support/zip-writer.ts'

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const relation = (name: string, type: string, target: string): ZipEntry => ({
  name,
  data: `<Relationships><Relationship Id="r1" Type="${OFFICE}/${type}" Target="${target}"/></Relationships>`,
})
const load = (entries: readonly ZipEntry[], uri: string): Promise<LoadedDocument> =>
  loadDocument(zip(entries), uri, { maxTextLength: 100_000 })

const slide = async (content: string): Promise<string[]> => {
  const { text } = await load(
    [
      relation('_rels/.rels', 'officeDocument', 'ppt/presentation.xml'),
      {
        name: 'ppt/presentation.xml',
        data: `<p:presentation xmlns:p="p" xmlns:r="${OFFICE}"><p:sldId r:id="r1"/></p:presentation>`,
      },
      relation('ppt/_rels/presentation.xml.rels', 'slide', 'slides/slide1.xml'),
      {
        name: 'ppt/slides/slide1.xml',
        data: `<p:sld xmlns:p="p" xmlns:a="a"><p:spTree><p:nvGrpSpPr><p:cNvPr name="" descr=""/></p:nvGrpSpPr>${content}</p:spTree></p:sld>`,
      },
    ],
    'a.pptx',
  )
  return text.split('\n\n')
}

const shape = (text: string, { placeholder = '', about = '' } = {}): string =>
  `<p:sp><p:nvSpPr><p:cNvPr name="s" ${about}/>${placeholder && `<p:ph type="${placeholder}"/>`}</p:nvSpPr><a:p><a:t>${text}</a:t></a:p></p:sp>`
const group = (content: string, about = ''): string =>
  `<p:grpSp><p:nvGrpSpPr><p:cNvPr name="g" ${about}/></p:nvGrpSpPr>${content}</p:grpSp>`
const picture = (about: string): string =>
  `<p:pic><p:nvPicPr><p:cNvPr name="p" ${about}/></p:nvPicPr></p:pic>`

describe('a slide', () => {
  it('keeps what stands before a group, in it and behind it', async () => {
    expect(
      await slide(
        shape('Meet at the crane') +
          group(shape('North') + group(shape('South')) + shape('East')) +
          shape('Last'),
      ),
    ).toEqual(['Meet at the crane', 'North', 'South', 'East', 'Last'])
  })

  it('has the descriptions of groups and pictures', async () => {
    expect(
      await slide(
        shape('One') + group(picture('descr="A crane"'), 'descr="The quay"') + picture('descr="A boat"'),
      ),
    ).toEqual(['One', 'The quay', 'A crane', 'A boat'])
  })

  it('hides what is hidden: a shape, a picture, all of a group, and nothing else', async () => {
    const hidden = { about: 'hidden="1"' }
    expect(
      await slide(
        shape('One') +
          shape('No', hidden) +
          picture('hidden="1" descr="No"') +
          group(shape('No') + group(shape('No'))).replace('name="g" ', 'name="g" hidden="1"') +
          shape('Two'),
      ),
    ).toEqual(['One', 'Two'])
  })

  it('has its date and footer if it says nothing else', async () => {
    const furniture =
      shape('12 May', { placeholder: 'dt' }) +
      shape('Harbour club', { placeholder: 'ftr' }) +
      shape('7', { placeholder: 'sldNum' })
    expect(await slide(furniture)).toEqual(['12 May', 'Harbour club'])
    expect(await slide(furniture + shape(' ', { placeholder: 'title' }))).toEqual(['12 May', 'Harbour club'])
    expect(await slide(furniture + shape('Text'))).toEqual(['Text'])
  })
})

it('a formula that no program has computed is shown, with a warning', async () => {
  const row = (...cells: string[]): string => `<row>${cells.join('')}</row>`
  const text = (value: string): string => `<c t="str"><v>${value}</v></c>`
  const document = await load(
    [
      relation('_rels/.rels', 'officeDocument', 'xl/workbook.xml'),
      {
        name: 'xl/workbook.xml',
        data: `<workbook xmlns:r="${OFFICE}"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
      },
      relation('xl/_rels/workbook.xml.rels', 'worksheet', 'sheet1.xml'),
      {
        name: 'xl/sheet1.xml',
        data: `<worksheet><sheetData>${row(text('Item'), text('Euros'), text('Note'))}${row(text('Hut'), '<c><v>900</v></c>', '<c t="str"><f>IF(1,"","")</f><v></v></c>')}${row(text('Sum'), '<c><f>SUM(B2:B2)</f><v/></c>')}${row(text('Twice'), '<c><f>2*B2</f><v>1800</v></c>')}</sheetData></worksheet>`,
      },
    ],
    'a.xlsx',
  )
  expect(document.text).toBe(
    'S\n\nItem | Euros | Note\nHut | 900 |\nSum | =SUM(B2:B2) (not computed) |\nTwice | 1800 |',
  )
  expect(document.warnings).toEqual([
    expect.stringContaining('S: no program has computed the formulas of 1 cells'),
  ])
})
