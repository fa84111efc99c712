import type { Passage } from '../../src/domain/answer.ts'

export function passage(number: number, text: string, given: Partial<Passage> = {}): Passage {
  return {
    number,
    chunk: `chunk-${number}`,
    document: `document-${number}`,
    collection: 'default',
    uri: `docs/file-${number}.md`,
    title: `File ${number}`,
    start: 0,
    end: text.length,
    text,
    score: 0.9,
    ...given,
  }
}
