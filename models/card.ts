/** Reads the front matter of a model's README. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

const stringsSchema = z
  .union([z.string().transform((one) => [one]), z.array(z.string())])
  .nullish()
  .catch(undefined)
  .transform((list) => list ?? [])
/** The front matter of a README on the hub. */
export const cardSchema = z.object({
  license: stringsSchema,
  language: stringsSchema,
  base_model: stringsSchema,
})
export type ModelCard = z.output<typeof cardSchema>

/** Empty if the folder has no README, or one without front matter. */
export async function modelCard(folder: string): Promise<ModelCard> {
  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '')
  const [, yaml = ''] = /^---\r?\n(.*?)\r?\n---\r?\n/su.exec(readme) ?? []
  try {
    return cardSchema.parse(parseYaml(yaml) ?? {})
  } catch {
    return cardSchema.parse({})
  }
}
