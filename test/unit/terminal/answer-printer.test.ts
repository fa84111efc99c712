import { expect, test } from 'vitest'
import { answerPrinter } from '../../../src/terminal/answer-printer.ts'

function open() {
  let written = ''
  const hints: string[] = []
  const printer = answerPrinter({
    write: (text) => {
      written += text
    },
    hint: (line) => hints.push(line),
    columns: () => 20,
  })
  return { printer, hints, written: () => written }
}

const ANSWER = 'Do **this** [1]\n\n```sh\nrun\n\nstop\n```\n\n- [x] one\n- [ ] two [2]'
const SHOWN = 'Do this [1]\n\n  run\n  \n  stop\n\n☑ one\n☐ two [2]\n'

test.each([1, 3, 7, 1000])('prints each block once, in pieces of %d', (size) => {
  const { printer, hints, written } = open()
  for (let at = 0; at < ANSWER.length; at += size) printer.add(ANSWER.slice(at, at + size))
  printer.end(ANSWER)
  expect(written()).toBe(SHOWN)
  expect(hints.at(-1)).toBe('')
})

test('hints at the end of what is not whole yet, in one line of the terminal', () => {
  const { printer, hints, written } = open()
  printer.add('A paragraph\nthat goes on and \u001b[31mon and on')
  expect(hints.at(-1)).toBe('…s on and on and on')
  expect(written()).toBe('')
})

test('a restart within what is not printed is silent; one before it is told', () => {
  const silent = open()
  silent.printer.add('One.\n\nTwo and wrong')
  silent.printer.restart('One.\n\nTwo'.length)
  silent.printer.add(' right.')
  silent.printer.end()
  expect(silent.written()).toBe('One.\n\nTwo right.\n')
  const told = open()
  told.printer.add('One.\n\nTwo.\n')
  told.printer.restart(0)
  told.printer.add('Other.')
  told.printer.end('Other.')
  expect(told.written()).toBe('One.\n\n(The answer starts anew.)\n\nOther.\n')
})
