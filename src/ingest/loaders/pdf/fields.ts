/** Reads what people typed into a PDF: values of form fields and text boxes, which are not part of the page's text. */
import { z } from 'zod'
import type { TextItem } from './runs.ts'

const annotationSchema = z.object({
  subtype: z.string(),
  rect: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  fieldType: z.string().nullish(),
  fieldValue: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .catch(undefined),
  contentsObj: z.object({ str: z.string() }).nullish(),
  defaultAppearanceData: z.object({ fontSize: z.number() }).nullish(),
  hidden: z.boolean().nullish(),
  password: z.boolean().nullish(),
})
type Annotation = z.output<typeof annotationSchema>

/** Upper bound of the font size of fields that choose it automatically, in points. */
const AUTOMATIC_SIZE = 11

/** Fields times items of a page: labels are found by comparing all pairs, so beyond this fields go to the page's end. */
const MAX_COMPARED = 4_000_000

/** Inserts the filled-in fields of a page into its items, each after its label. */
export function withFields(items: readonly TextItem[], annotations: readonly unknown[]): readonly TextItem[] {
  const fields = annotations.flatMap((found) => {
    const annotation = annotationSchema.safeParse(found)
    return annotation.success ? itemsOf(annotation.data) : []
  })
  if (fields.length === 0) return items
  const after = new Map<TextItem | undefined, TextItem[]>()
  const labelled = fields.length * items.length <= MAX_COMPARED
  for (const field of fields) {
    const label = labelled ? labelOf(field, items) : undefined
    const beside = after.get(label) ?? []
    beside.push(label === undefined ? field : movedTo(beside.at(-1) ?? label, field))
    after.set(label, beside)
  }
  return [...items.flatMap((item) => [item, ...(after.get(item) ?? [])]), ...(after.get(undefined) ?? [])]
}

function itemsOf(annotation: Annotation): TextItem[] {
  const { subtype, rect, fieldType, fieldValue, contentsObj, defaultAppearanceData } = annotation
  if (annotation.hidden || annotation.password) return []
  const isField = subtype === 'Widget' && (fieldType === 'Tx' || fieldType === 'Ch')
  if (!isField && subtype !== 'FreeText') return []
  const value = (isField ? fieldValue : contentsObj?.str) ?? ''
  const lines = (typeof value === 'string' ? value.split(/\r\n?|\n/u) : value).map((line) => line.trim())
  const [left, bottom, right, top] = rect
  const size = Math.min(defaultAppearanceData?.fontSize || AUTOMATIC_SIZE, Math.max(4, top - bottom))
  return lines.flatMap((str, i) => {
    if (str === '') return []
    // A single line is centred vertically in its box, several begin at its top.
    const baseline = lines.length === 1 ? (top + bottom) / 2 - 0.35 * size : top - 1.2 * size * (i + 1)
    return [
      {
        str,
        width: Math.min(right - left, 0.5 * size * str.length),
        transform: [size, 0, 0, size, left, baseline],
        fontName: '',
      },
    ]
  })
}

/** Moves the field right after its label, so that no wide gap separates them. */
function movedTo(text: TextItem, field: TextItem): TextItem {
  const [, , , size = 0, left = 0, baseline = 0] = text.transform
  return { ...field, transform: [size, 0, 0, size, left + text.width + 0.5 * size, baseline] }
}

/** The nearest text to the left on the same line. */
function labelOf(field: TextItem, items: readonly TextItem[]): TextItem | undefined {
  const [, , , size = 0, left = 0, baseline = 0] = field.transform
  let label: TextItem | undefined
  let nearest = Number.POSITIVE_INFINITY
  for (const item of items) {
    const [, , , , x = 0, y = 0] = item.transform
    const gap = left - (x + item.width)
    if (item.str.trim() === '' || Math.abs(y - baseline) > 0.7 * size) continue
    if (gap > -size && gap < nearest) {
      nearest = gap
      label = item
    }
  }
  return label
}
