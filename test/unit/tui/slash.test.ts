import { expect, test } from 'vitest'
import { COMMANDS, completeSlash, parseSlash } from '../../../src/tui/slash.ts'

test('a slash and a word is a command, everything else a question', () => {
  expect(parseSlash('/sources 2')).toMatchObject({
    type: 'command',
    command: { name: 'sources' },
    args: ['2'],
  })
  expect(parseSlash('/QUIT')).toMatchObject({ type: 'command', command: { name: 'quit' } })
  for (const question of ['What?', '/etc/hosts?', ' /help', '/2', 'a /help', '/привет']) {
    expect(parseSlash(question)).toEqual({ type: 'question' })
  }
})

test('an unknown command is never sent as a question', () => {
  expect(parseSlash('/')).toMatchObject({ type: 'unknown' })
  expect(parseSlash('/colection x')).toMatchObject({
    type: 'unknown',
    message: expect.stringContaining('Did you mean /collection?'),
  })
})

test('Tab completes names of commands and of collections as far as they are certain', () => {
  const names = ['docs-en', 'docs-ru', 'notes']
  expect(completeSlash('/he', names)).toEqual({ text: '/help ', candidates: [] })
  expect(completeSlash('/', names)?.candidates).toEqual(COMMANDS.map(({ name }) => `/${name}`))
  expect(completeSlash('/collection d', names)).toEqual({
    text: '/collection docs-',
    candidates: ['docs-en', 'docs-ru'],
  })
  expect(completeSlash('/collection docs-en no', names)).toEqual({
    text: '/collection docs-en notes ',
    candidates: [],
  })
  expect(completeSlash('/collection x', names)).toBeUndefined()
  expect(completeSlash('/new x', names)).toBeUndefined()
  expect(completeSlash('question', names)).toBeUndefined()
})
