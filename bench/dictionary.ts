/**
 * Makes the sets of models/builtin/words from spelling dictionaries in the format of Hunspell, with the forms that their affix
 * rules give.
 *
 *     npm pack dictionary-en@4.0.0 dictionary-ru@3.0.0     # then unpack each
 *     node bench/dictionary.ts FOLDER-en FOLDER-ru          # with index.aff and index.dic
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../src/config/package-root.ts'
import { LANGUAGES } from '../src/domain/language.ts'
import { bitsOf, stemOf } from '../src/retrieval/dictionary.ts'

const BITS_FOR_EACH_STEM = 10

interface Rule {
  readonly isSuffix: boolean
  readonly strip: string
  readonly add: string
  readonly condition: RegExp
}

function rulesOf(aff: string): Map<string, Rule[]> {
  const rules = new Map<string, Rule[]>()
  for (const line of aff.split('\n')) {
    const [kind, flag, strip = '', add = '', condition] = line.trim().split(/\s+/u)
    if ((kind !== 'SFX' && kind !== 'PFX') || flag === undefined || condition === undefined) continue
    const isSuffix = kind === 'SFX'
    const bare = (text: string) => (text === '0' ? '' : (text.split('/')[0] ?? ''))
    rules.set(flag, [
      ...(rules.get(flag) ?? []),
      {
        isSuffix,
        strip: bare(strip),
        add: bare(add),
        condition: new RegExp(isSuffix ? `${condition}$` : `^${condition}`, 'u'),
      },
    ])
  }
  return rules
}

function* formsOf(line: string, rules: ReadonlyMap<string, readonly Rule[]>): Generator<string> {
  const [word = '', flags = ''] = line.split('/')
  yield word
  for (const { isSuffix, strip, add, condition } of Array.from(
    flags,
    (flag) => rules.get(flag) ?? [],
  ).flat()) {
    if (!condition.test(word)) continue
    if (isSuffix && word.endsWith(strip)) yield word.slice(0, word.length - strip.length) + add
    if (!isSuffix && word.startsWith(strip)) yield add + word.slice(strip.length)
  }
}

const folders = process.argv.slice(2)
if (folders.length !== LANGUAGES.length) throw new Error('Give the folder of each language.')
for (const [at, language] of LANGUAGES.entries()) {
  const folder = folders[at] ?? ''
  const rules = rulesOf(readFileSync(join(folder, 'index.aff'), 'utf8'))
  const stems = new Set<string>()
  for (const line of readFileSync(join(folder, 'index.dic'), 'utf8').split('\n').slice(1))
    for (const form of formsOf(line.trim(), rules))
      for (const word of form.split(/[^\p{L}]+/u)) if (word !== '') stems.add(stemOf(word, language))
  const bytes = new Uint8Array(Math.ceil((stems.size * BITS_FOR_EACH_STEM) / 8))
  for (const stem of stems)
    for (const bit of bitsOf(stem, bytes.length * 8))
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) | (1 << (bit & 7))
  writeFileSync(join(packageRoot(), 'models', 'builtin', 'words', `${language}.bloom`), bytes)
  console.log(`${language}: ${stems.size} stems, ${bytes.length} bytes`)
}
