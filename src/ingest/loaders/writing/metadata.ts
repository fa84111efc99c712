import type { Metadata } from '../../../domain/document.ts'

/** Limits of what is stored and shown with a document; lengths in UTF-16 code units. */
const MAX_KEYS = 64
const MAX_KEY_CHARACTERS = 100
const MAX_VALUE_CHARACTERS = 1000
const MAX_DEPTH = 4

/**
 * Flattens any data: `{ Author: { Name: 'A' }, tags: ['b', 'c'] }` becomes `author.name: A` and `tags: b, c`. Empty
 * and deeply nested values and those beyond the limits are left out; long ones are cut.
 */
export function flatMetadata(data: unknown): Metadata {
  const flat = new Map<string, string>()
  const add = (path: string, value: unknown, depth: number): void => {
    if (flat.size >= MAX_KEYS || path.length > MAX_KEY_CHARACTERS) return
    const scalar = scalarText(value)
    if (scalar !== undefined) {
      if (path !== '' && scalar !== '') flat.set(path, scalar)
    } else if (depth === MAX_DEPTH || typeof value !== 'object' || value === null) return
    else if (Array.isArray(value)) {
      const items = value.slice(0, MAX_KEYS).map(scalarText)
      if (items.every((item) => item !== undefined)) add(path, items.filter(Boolean).join(', '), depth + 1)
    } else
      for (const [key, inner] of Object.entries(value).slice(0, MAX_KEYS)) {
        const name = boundedLine(key).toLowerCase()
        if (name !== '') add(path === '' ? name : `${path}.${name}`, inner, depth + 1)
      }
  }
  add('', data, 0)
  return Object.fromEntries(flat)
}

/**
 * Parses a date as documents write it (ISO 8601, RFC 2822, `2024-05-01`). Undefined for anything else, and outside the
 * years 1000 to 9999.
 */
export function documentDate(value: unknown): Date | undefined {
  if (!(value instanceof Date) && typeof value !== 'string') return undefined
  const date = value instanceof Date ? value : new Date(value.slice(0, 100))
  const year = date.getUTCFullYear()
  return year >= 1000 && year <= 9999 ? date : undefined
}

function scalarText(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  if (typeof value === 'string') return boundedLine(value)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

const boundedLine = (text: string): string =>
  text
    .slice(0, 2 * MAX_VALUE_CHARACTERS)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_VALUE_CHARACTERS)
    .toWellFormed()
