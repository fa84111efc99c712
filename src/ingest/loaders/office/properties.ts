import type { Archive } from './archive.ts'
import { readXml } from './xml.ts'

export interface Properties {
  readonly title?: string
  readonly metadata: Readonly<Record<string, string>>
  readonly modifiedAt?: Date
}

const KEPT = new Set(['creator', 'description', 'subject', 'keywords', 'category', 'language', 'publisher'])

/** In UTF-16 code units. */
const MAX_PROPERTY_CHARACTERS = 2000

/** Reads a document's Dublin Core properties: title, author, dates and the like. All these formats have them. */
export async function readProperties(archive: Archive, part: string, format: string): Promise<Properties> {
  const values = new Map<string, string>()
  if (archive.has(part)) {
    let name = ''
    await readXml(archive, part, format, {
      open: (element) => {
        name = element
      },
      text(text) {
        const before = values.get(name) ?? ''
        if (text.trim() !== '' && before.length < MAX_PROPERTY_CHARACTERS)
          values.set(name, `${before} ${text.trim()}`.trim().slice(0, MAX_PROPERTY_CHARACTERS))
      },
      close: () => {
        name = ''
      },
    })
  }
  const title = values.get('title')?.replace(/\s+/gu, ' ').slice(0, 500)
  const modified = new Date(values.get('modified') ?? values.get('date') ?? '')
  const kept = [...values].filter(([key]) => KEPT.has(key))
  return {
    title: title || undefined,
    metadata: Object.fromEntries(kept.map(([key, value]) => [key === 'creator' ? 'author' : key, value])),
    modifiedAt: Number.isNaN(modified.getTime()) ? undefined : modified,
  }
}
