import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '@oclif/core/command'
import { Config } from '@oclif/core/config'
import { beforeAll, expect, test } from 'vitest'
import Ask from '../../../commands/ask.ts'
import ConfigSet from '../../../commands/config/set.ts'
import ConversationsRm from '../../../commands/conversations/rm.ts'
import DocumentsRm from '../../../commands/documents/rm.ts'
import Ingest from '../../../commands/ingest.ts'
import Search from '../../../commands/search.ts'
import SourcesSync from '../../../commands/sources/sync.ts'
import { packageRoot } from '../../../src/config/package-root.ts'

let config: Config
beforeAll(async () => {
  config = await Config.load(packageRoot())
})

/** What the command takes for its words, by its own parser with its own flags. */
const takers: Readonly<Record<string, (argv: string[]) => Promise<unknown[]>>> = {
  ask: (argv) =>
    new (class extends Ask {
      words = async () => (await this.parse(Ask)).argv
    })(argv, config).words(),
  search: (argv) =>
    new (class extends Search {
      words = async () => (await this.parse(Search)).argv
    })(argv, config).words(),
  ingest: (argv) =>
    new (class extends Ingest {
      words = async () => (await this.parse(Ingest)).argv
    })(argv, config).words(),
  'config set': (argv) =>
    new (class extends ConfigSet {
      words = async () => (await this.parse(ConfigSet)).argv
    })(argv, config).words(),
  'documents rm': (argv) =>
    new (class extends DocumentsRm {
      words = async () => (await this.parse(DocumentsRm)).argv
    })(argv, config).words(),
  'conversations rm': (argv) =>
    new (class extends ConversationsRm {
      words = async () => (await this.parse(ConversationsRm)).argv
    })(argv, config).words(),
  'sources sync': (argv) =>
    new (class extends SourcesSync {
      words = async () => (await this.parse(SourcesSync)).argv
    })(argv, config).words(),
}

const words = (text: string): string[] => text.split(' ')

test('every command that takes several words is tried here', () => {
  const folder = join(packageRoot(), 'commands')
  const several = globSync('**/*.ts', { cwd: folder })
    .filter((file) => readFileSync(join(folder, file), 'utf8').includes('strict = false'))
    .map((file) => file.replace(/\.ts$/, '').replaceAll('/', ' '))
  expect(several.sort()).toEqual(Object.keys(takers).sort())
})

const NAMES = Object.keys(takers)
const taken = async (name: string, argv: string): Promise<unknown[]> =>
  (await takers[name]?.(words(argv))) ?? []

test.each(NAMES)('%s takes its words in the order given, repeated ones too', async (name) => {
  const question = 'is the dog bigger than the cat or the mouse'
  expect(await taken(name, question)).toEqual(words(question))
  expect(await taken(name, 'a 6 b 6 a')).toEqual(['a', '6', 'b', '6', 'a'])
})

test.each(NAMES)('%s: flags stand between words and are none of them', async (name) => {
  expect(await taken(name, 'what --json is what --data-dir what what')).toEqual([
    'what',
    'is',
    'what',
    'what',
  ])
})

test.each(NAMES)('%s: after -- all are words', async (name) => {
  expect(await taken(name, 'a --json -- --json a -- -x a')).toEqual(['a', '--json', 'a', '--', '-x', 'a'])
})

test.each(NAMES)('%s: numbers below zero and a lone dash are words', async (name) => {
  expect(await taken(name, '-5 or -5.5 or - -5')).toEqual(['-5', 'or', '-5.5', 'or', '-', '-5'])
})

test('of repeatable flags, values are no words even where a word is the same', async () => {
  const asked = 'a --collection a b --path a a'
  expect(await taken('ask', asked)).toEqual(['a', 'b', 'a'])
  expect(await taken('search', asked)).toEqual(['a', 'b', 'a'])
  expect(await taken('ingest', 'a --exclude a b --include a a')).toEqual(['a', 'b', 'a'])
})

test('--json after -- is a word of the question, not a wish', () => {
  const json = (command: Command): boolean => command.jsonEnabled()
  expect(json(new Ask(words('a -- --json'), config))).toBe(false)
  expect(json(new Ask(words('a --json -- b'), config))).toBe(true)
})
