/** Office Open XML relationships: which parts of the package a part refers to. */
import { posix } from 'node:path'
import { type Archive, damaged } from './archive.ts'
import { readXml } from './xml.ts'

export interface Relationship {
  /** The last segment of its type's URI: `slide`, `notesSlide`, `styles`. */
  readonly type: string
  /** Name of the target part in the archive. */
  readonly target: string
}

/** The relationships of a part ('' for the package itself) by id, without external ones. */
export async function relationshipsOf(
  archive: Archive,
  part: string,
  format: string,
): Promise<Map<string, Relationship>> {
  const folder = posix.dirname(part)
  const name = posix.join(folder, '_rels', `${posix.basename(part)}.rels`)
  const found = new Map<string, Relationship>()
  if (!archive.has(name)) return found
  await readXml(archive, name, format, {
    open(element, { Id, Type = '', Target, TargetMode }) {
      if (element !== 'Relationship' || Id === undefined || Target === undefined) return
      if (TargetMode === 'External') return
      const target = Target.startsWith('/') ? Target.slice(1) : posix.join(folder, Target)
      found.set(Id, { type: posix.basename(Type), target })
    },
  })
  return found
}

/** The name of the package's main part. Throws `document_corrupt` if there is none. */
export async function mainPart(archive: Archive, format: string): Promise<string> {
  const main = [...(await relationshipsOf(archive, '', format)).values()].find(
    ({ type, target }) => type === 'officeDocument' && archive.has(target),
  )
  if (main) return main.target
  throw damaged(format, 'its main part is missing')
}

/** The target of the relationship of that type; undefined if the archive lacks it. */
export const related = (
  relationships: ReadonlyMap<string, Relationship>,
  type: string,
  archive: Archive,
): string | undefined =>
  [...relationships.values()].find((each) => each.type === type && archive.has(each.target))?.target
