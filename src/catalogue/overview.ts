/** What documents there are: how many, in which folders, with some of their titles. */
import type { DocumentFolder } from '../ports/store/catalogue.ts'
import { beginningOf } from '../text/beginning.ts'
import type { CatalogueReplies } from '../text/knowledge.ts'
import { oneLine } from '../text/lines.ts'
import { type CatalogueReader, total } from './reader.ts'
import { type CatalogueReply, composeReply } from './reply.ts'

const MAX_FOLDERS = 40
/** Folders told; the rest are counted. */
const MAX_TOLD_FOLDERS = 20
/** UTF-16 code units for all folders with their titles. */
const LINES_CHARACTERS = 1150
/** Of a folder's line: the number and what tells that there are more titles. */
const MARKS_CHARACTERS = 12
const MAX_TITLE_CHARACTERS = 60
const LIST_COMMAND = 'chatbot documents list'

export async function overviewReply(
  reader: CatalogueReader,
  replies: CatalogueReplies,
): Promise<CatalogueReply> {
  const { store, principal, scope, counts } = reader
  const all = total(reader)
  const folders = await store.catalogue.folders(principal, scope, counts, MAX_FOLDERS)
  const told = folders.slice(0, MAX_TOLD_FOLDERS)
  const isFlat = folders.length === 1
  const members = isFlat
    ? titlesOf(folders, LINES_CHARACTERS).map((text) => ({ text }))
    : folderLines(reader, told, replies).map((text) => ({ text }))
  return composeReply({
    head: replies.overview(all),
    members,
    maxMembers: MAX_TOLD_FOLDERS,
    tail: (hidden) => {
      const shown = members.length - hidden.length
      const left = isFlat
        ? all - shown
        : all - told.slice(0, shown).reduce((sum, { documents }) => sum + documents, 0)
      if (left <= 0 && !isFlat) return indexingNote(reader, replies)
      const more =
        left <= 0
          ? []
          : [
              isFlat || folders.length === MAX_FOLDERS
                ? replies.more(left)
                : replies.moreFolders(folders.length - shown, left),
              replies.seeAll(listCommand(reader)),
            ]
      return [...more, ...indexingNote(reader, replies)]
    },
    quoted: replies.quoted,
  })
}

export function countReply(reader: CatalogueReader, replies: CatalogueReplies): CatalogueReply {
  const { counts } = reader
  const members =
    counts.length < 2
      ? []
      : counts.map(({ collection, documents }) => ({
          text: `${replies.inCollection(collection)}: ${documents}`,
        }))
  return composeReply({
    head: replies.count(total(reader)),
    members,
    maxMembers: MAX_TOLD_FOLDERS,
    tail: (hidden) => [
      ...(hidden.length > 0 ? [replies.more(hidden.length)] : []),
      replies.seeAll(listCommand(reader)),
      ...indexingNote(reader, replies),
    ],
    quoted: replies.quoted,
  })
}

const indexingNote = ({ indexing }: CatalogueReader, replies: CatalogueReplies): string[] =>
  indexing > 0 ? [replies.beingIndexed(indexing)] : []

/** Of one collection, where there is only one. */
const listCommand = ({ counts: [only, ...others] }: CatalogueReader): string =>
  only === undefined || others.length > 0 ? LIST_COMMAND : `${LIST_COMMAND} --collection ${only.collection}`

/** What one folder does not need is left for those after it. */
function folderLines(
  reader: CatalogueReader,
  folders: readonly DocumentFolder[],
  replies: CatalogueReplies,
): string[] {
  let room = LINES_CHARACTERS
  return folders.map((folder, at) => {
    const line = folderLine(reader, folder, Math.floor(room / (folders.length - at)), replies)
    room -= line.length
    return line
  })
}

function folderLine(
  { counts }: CatalogueReader,
  folder: DocumentFolder,
  room: number,
  replies: CatalogueReplies,
): string {
  const name = folder.folder === '' ? replies.besideFolders : `**${folder.folder}**`
  const place = counts.length > 1 ? `${replies.inCollection(folder.collection)}, ${name}` : name
  const titles = titlesOf([folder], room - place.length - MARKS_CHARACTERS)
  const more = titles.length < folder.documents ? ', …' : ''
  return `${place} (${folder.documents}): ${titles.join(', ')}${more}`
}

/** As many as there is room for, each once. */
function titlesOf(folders: readonly DocumentFolder[], room: number): string[] {
  const titles = new Set(folders.flatMap((folder) => folder.titles.map(shortTitle)))
  const told: string[] = []
  let length = 0
  for (const title of titles) {
    if (told.length > 0 && length + title.length > room) break
    told.push(title)
    length += title.length + 2
  }
  return told
}

function shortTitle(title: string): string {
  const line = oneLine(title)
  return line.length <= MAX_TITLE_CHARACTERS ? line : `${beginningOf(line, MAX_TITLE_CHARACTERS).trimEnd()}…`
}
