/** The guide names only files and folders that exist. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { packageRoot } from '../../src/config/package-root.ts'

const guide = readFileSync(join(packageRoot(), 'CONTRIBUTING.md'), 'utf8')

test('every file that it names is there', () => {
  const named = [...guide.matchAll(/`((?:src|commands|daemon|models|drizzle|docs|test|bench)\/[\w./-]+)`/g)]
    .map(([, path]) => path ?? '')
    .filter((path) => !existsSync(join(packageRoot(), path)))
  expect(named).toEqual([])
})

test('its map has every folder, on its layer', async () => {
  const rules: unknown = (await import(join(packageRoot(), '.dependency-cruiser.mjs'))).LAYERS
  const layers = z.array(z.array(z.string())).parse(rules)
  const map = new Map<string, number>()
  let layer = 0
  for (const [, number, folder = ''] of guide.matchAll(/^ {4}([ \d]{2}) {2}((?:src\/)?[a-z]+)\/ /gm)) {
    layer = number?.trim() ? Number(number) : layer
    map.set(folder, layer)
  }
  const expected = layers.flatMap((folders, index) => folders.map((folder) => [folder, index + 1] as const))
  expect([...map].toSorted()).toEqual(expected.toSorted())
})
