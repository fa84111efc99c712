import { describe, expect, it } from 'vitest'
import { quotationOf } from '../../../src/catalogue/reader.ts'
import { composeReply } from '../../../src/catalogue/reply.ts'
import type { CatalogueChunk } from '../../../src/ports/store/catalogue.ts'

const chunkOf = (text: string): CatalogueChunk => ({
  ordinal: 0,
  start: 100,
  end: 100 + text.length,
  text,
  heading: 'A',
  line: 7,
  blocks: null,
  document: {
    id: 'd',
    collection: 'c',
    uri: '/a.md',
    title: 'A',
    mediaType: 'text/plain',
    length: 1000,
    chunks: 1,
    metadata: {},
    modifiedAt: null,
  },
})

const quoted = (text: string) => `“${text}”`

describe('a reply', () => {
  it('is bounded, and tells of members that it does not show', () => {
    const chunk = chunkOf('word '.repeat(200))
    const members = Array.from({ length: 50 }, (_, at) => ({
      text: `document ${at} ${'x'.repeat(60)}`,
      quotation: quotationOf(chunk, { start: 0, end: 900 }),
    }))
    const { text, citations } = composeReply({
      head: '50 documents:',
      members,
      tail: (hidden) => [`and ${hidden.length} more`],
      quoted,
    })
    expect(text.length).toBeLessThanOrEqual(1500)
    expect(text).toContain(`and ${50 - citations.length} more`)
    for (const { start, end, text: cited } of citations)
      expect(chunk.text.slice(start - 100, end - 100)).toBe(cited)
  })

  it('cuts a long quotation around what was looked for', () => {
    const chunk = chunkOf(`${'before '.repeat(100)}\nthe needle here ${'after '.repeat(100)}`)
    const at = chunk.start + chunk.text.indexOf('needle')
    const quotation = { ...quotationOf(chunk, { start: 0, end: chunk.text.length }), at }
    const { text, citations } = composeReply({ head: 'One:', members: [{ text: 'a', quotation }], quoted })
    expect(text).toContain('needle')
    expect(citations[0]?.line).toBe(7)
    expect(citations[0]?.text.length).toBeLessThanOrEqual(240)
  })

  it('quotes nothing that looks like a mark of its own', () => {
    const chunk = chunkOf('See [12] there.')
    const quotation = quotationOf(chunk, { start: 0, end: chunk.text.length })
    const { text } = composeReply({ head: 'One:', members: [{ text: 'a', quotation }], quoted })
    expect(text).toBe('One:\n- a: “See (12) there.” [1]')
  })
})
