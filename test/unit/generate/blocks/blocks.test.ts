import { describe, expect, it } from 'vitest'
import { MAX_QUOTED_SPANS } from '../../../../src/domain/answer.ts'
import { candidatesOf } from '../../../../src/generate/blocks/candidates.ts'
import { type AnswerBlock, compose } from '../../../../src/generate/blocks/compose.ts'
import type { RankedBlock } from '../../../../src/generate/blocks/rank.ts'
import { unitsOf } from '../../../../src/generate/blocks/units.ts'
import { versionOf } from '../../../../src/generate/blocks/versions.ts'
import { windowsOf } from '../../../../src/generate/blocks/windows.ts'
import { foundIn } from '../../../support/excerpts.ts'

const excerptOf = async (source: string, uri?: string, part?: string) =>
  (await foundIn(source, { uri, first: part })).excerpt

/** The answer whose best block is the first candidate that holds `best`; the others follow in the order of the document. */
async function answerOf(
  question: string,
  source: string,
  best: string,
  uri?: string,
): Promise<AnswerBlock[]> {
  const excerpt = await excerptOf(source, uri)
  const ranked = candidatesOf(question, unitsOf([excerpt])).map((candidate): RankedBlock => {
    const has = (text: string) => (text.includes(best) ? 1 : 0)
    const sentences = candidate.units.map((unit) =>
      unit.sentences.map(({ start, end }) => has(unit.text.slice(start, end))),
    )
    const introduced = candidate.introduction === undefined ? [] : [candidate.introduction]
    const score = Math.max(...[...introduced, ...candidate.units].map(({ text }) => has(text)))
    return { candidate, score: candidate.kind === 'block' ? score : 2 * score, sentences }
  })
  const blocks = compose(
    question,
    ranked.toSorted((a, b) => b.score - a.score),
  )
  for (const { spans } of blocks) for (const span of spans) expect(span.end).toBeGreaterThan(span.start)
  return blocks
}

const POOL = `# Pool rules

You may bring into the hall:

- goggles
- dive sticks

You must not bring into the hall:

- rubber boats
- loudspeakers
`

describe('units', () => {
  it('are the blocks that a passage touches and the rest of their list, with what leads to them', async () => {
    const units = unitsOf([await excerptOf(POOL, 'a.md', '- rubber boats')])
    expect(units.map(({ text, leads }) => [text, leads])).toEqual([
      ['- rubber boats', ['You must not bring into the hall:']],
      ['- loudspeakers', ['You must not bring into the hall:']],
    ])
  })

  it('are encoded together behind their title, headings and leads', async () => {
    const [window, ...others] = windowsOf(
      unitsOf([await excerptOf(POOL, 'a.md', '- rubber boats')]),
      new Set(),
    )
    expect(others).toEqual([])
    expect(window?.text).toBe('Pool rules\nYou must not bring into the hall:\nrubber boats\nloudspeakers\n')
    expect(window?.parts.map(({ start, end }) => window.text.slice(start, end))).toEqual([
      'rubber boats',
      'loudspeakers',
    ])
  })
})

describe('an answer', () => {
  it('gives an item with the sentence above its list', async () => {
    const [first] = await answerOf('May I bring rubber boats?', POOL, 'rubber')
    expect(first?.text).toContain('You must not bring into the hall:\n- rubber boats')
    expect(first?.text).not.toContain('may bring')
  })

  it('gives a list whole where several things are asked for', async () => {
    const [first] = await answerOf('What are the things I must not bring?', POOL, 'loudspeakers')
    expect(first?.text).toContain('You must not bring into the hall:\n- rubber boats\n- loudspeakers')
  })

  it('gives what follows a sentence that ends with a colon, never that sentence alone', async () => {
    const source =
      'Some words before.\n\nTo list all bills:\n\n```sh\nbills list --all\n```\n\nSome words after.\n'
    const [first] = await answerOf('list all bills', source, 'To list')
    expect(first?.text).toBe('To list all bills:\n```sh\nbills list --all\n```')
    expect(first?.markOnOwnLine).toBe(true)
  })

  it('gives a row under the header of its table, as a table', async () => {
    const source = 'name,price,days\nring,3.10,2\nhose,7.50,4\n'
    const [first] = await answerOf('What does the hose cost?', source, 'hose', 'parts.csv')
    expect(first?.text.split('\n').slice(0, 3)).toEqual([
      '| name | price | days |',
      '| --- | --- | --- |',
      expect.stringContaining('|'),
    ])
    expect(first?.text).toContain('| hose | 7.50 | 4 |')
    expect(first?.unit.text).toContain('hose')
  })

  it('keeps the state of a task and the number of a step', async () => {
    const source =
      '- [ ] paint the fence\n- [x] order the gravel\n\nThen\n\n1. open the valve\n2. close the lid\n'
    expect((await answerOf('Is the fence painted?', source, 'fence'))[0]?.text).toBe('- [ ] paint the fence')
    expect((await answerOf('the lid?', source, 'lid'))[0]?.text).toContain('2. close the lid')
  })

  it('does not give an item that only names what is under it', async () => {
    const source =
      '1. Club house\n   - Cost: 9000 euros\n   - Decision: accepted\n2. Hedge\n   - Decision: postponed\n'
    const found = candidatesOf('What about the club house?', unitsOf([await excerptOf(source)]))
    expect(found.filter(({ kind }) => kind === 'block').map(({ units }) => units[0]?.text)).toEqual([
      '- Cost: 9000 euros',
      '- Decision: accepted',
      '- Decision: postponed',
    ])
  })

  it('gives the item that a question names, not the whole list that was found by the sentence above it', async () => {
    const source =
      'To do before the end of June:\n\n- [ ] return the keys\n- [x] rent the van\n- [ ] buy the boxes\n'
    const [first] = await answerOf('Is the van rented?', source, 'van')
    expect(first?.text).toBe('To do before the end of June:\n- [x] rent the van')
  })

  it('gives a procedure whole where a way to do something is asked for', async () => {
    const source =
      '# Care\n\n## Cleaning the filter\n\n1. Switch off the pump.\n2. Lift the lid.\n3. Rinse the mats.\n'
    const [first] = await answerOf('How do I clean the filter?', source, 'mats')
    expect(first?.text).toContain('1. Switch off the pump.\n2. Lift the lid.\n3. Rinse the mats.')
  })

  it('gives a list whole where a question asks for what leads to it', async () => {
    const source =
      '## Fire\n\n1. Press the red button.\n2. Open both doors.\n\n## Flood\n\n1. Close the valve.\n2. Cover the shelves.\n'
    const [first] = await answerOf('There is a fire, please help', source, 'both doors')
    expect(first?.text).toContain('1. Press the red button.\n2. Open both doors.')
  })

  it('gives the part of a long listing that answers, in a fence of its own', async () => {
    const settings = Array.from({ length: 40 }, (_, i) => `# What number ${i} does\nnumber_${i} = ${i}`)
    const source = `Settings:\n\n\`\`\`ini\n${settings.join('\n\n')}\n\`\`\`\n`
    const [first] = await answerOf('What is number 33?', source, 'number_33')
    expect(first?.text).toMatch(/^Settings:\n```ini\n[^`]*\nnumber_33 = 33\n[^`]*```$/u)
    expect(first?.text.length).toBeLessThan(500)
  })

  it('gives a setting with its name and its default', async () => {
    const source =
      '# Mill\n\n## `gap_width`\n\nWidth of the gap.\n\nDefault: 3\n\n## `speed`\n\nTurns a minute.\n\nDefault: 90\n'
    const [first] = await answerOf('How wide is the gap by default?', source, 'Default: 3')
    expect(first?.text).toBe('**`gap_width`**\nWidth of the gap.\nDefault: 3')
  })

  it('cuts a long paragraph to the sentences around the best one', async () => {
    const sentences = Array.from(
      { length: 12 },
      (_, i) => `Sentence number ${i} says something of its own here.`,
    )
    const [first] = await answerOf('sentence 7?', sentences.join(' '), 'number 7')
    expect(first?.text).toContain('number 7')
    expect(first?.text.length).toBeLessThanOrEqual(400)
  })

  it('names the section of what it quotes where the words do not', async () => {
    const source = 'OPTIONS\n       --bwlimit=RATE\n              Limits the speed of a transfer.\n'
    const [first] = await answerOf('limit the speed', source, 'speed', 'man.txt')
    expect(first?.text).toBe('**--bwlimit=RATE**\nLimits the speed of a transfer.')
  })
})

describe('versions', () => {
  const uris = ['hub-4.1/notes.md', 'hub-4.2/notes.md', 'faq.md']
  it.each([
    ['How much memory does hub 4.2 need?', 'hub-4.2/notes.md', 1],
    ['How much memory does hub 4.2 need?', 'hub-4.1/notes.md', -1],
    ['How much memory does hub 4.2 need?', 'faq.md', 0],
    ['How much memory does the hub need?', 'hub-4.1/notes.md', 0],
  ])('%s: %s is %d', (question, uri, expected) => {
    expect(versionOf(question, uri, uris)).toBe(expected)
  })
})

describe('what is quoted', () => {
  it.each([
    ['a list of many items', `The parts are:\n\n${'- a nut\n'.repeat(100)}`, 'a.md'],
    [
      'a table with many header rows',
      `<table>${'<tr><th>Part</th><th>Price</th></tr>'.repeat(100)}<tr><td>nut</td><td>7</td></tr></table>`,
      'a.html',
    ],
  ])('of %s is no more than a citation may hold', async (_, source, uri) => {
    const blocks = await answerOf('What are the parts?', source, 'nut', uri)
    expect(blocks.length).toBeGreaterThan(0)
    for (const { spans } of blocks) expect(spans.length).toBeLessThanOrEqual(MAX_QUOTED_SPANS)
  })

  it.each([
    ['code', '```\nrun $\n```', 'What is it?'],
    ['items', '- nut $\n- bolt $\n- screw $', 'What are the parts?'],
  ])('of long %s ends between characters', async (_, source, question) => {
    const emoji = '😀'.repeat(500)
    for (const before of ['', 'x']) {
      const blocks = await answerOf(question, source.replaceAll('$', before + emoji), emoji.slice(0, 2))
      expect(blocks.length).toBeGreaterThan(0)
      for (const { text } of blocks) expect(text.isWellFormed()).toBe(true)
    }
  })
})
