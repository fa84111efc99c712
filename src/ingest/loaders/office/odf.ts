/** Reads OpenDocument texts, spreadsheets and presentations: one format with three kinds of body. */
import type { LoadedDocument } from '../../../domain/document.ts'
import { fileTitle, type LoadOptions } from '../loader.ts'
import { createDocumentWriter } from '../writing/document-writer.ts'
import { type Archive, damaged, locked, openArchive } from './archive.ts'
import { sheetsHandler } from './odf-sheets.ts'
import { createStyles, textHandler } from './odf-text.ts'
import { readProperties } from './properties.ts'
import { readXml } from './xml.ts'

const FORMAT = 'OpenDocument'

export async function readOdf(
  bytes: Buffer,
  options: LoadOptions,
  body: 'text' | 'spreadsheet' | 'presentation',
): Promise<LoadedDocument> {
  const archive = await openArchive(bytes, FORMAT)
  if (!archive.has('content.xml')) throw damaged(FORMAT, 'content.xml is missing')
  if (await isEncrypted(archive)) throw locked(FORMAT)
  const writer = createDocumentWriter(options.maxTextLength)
  const styles = createStyles()
  if (body !== 'spreadsheet' && archive.has('styles.xml'))
    await readXml(archive, 'styles.xml', FORMAT, { open: styles.open })
  const handler =
    body === 'spreadsheet'
      ? sheetsHandler(writer, options.maxTextLength)
      : textHandler(writer, styles, body === 'presentation')
  await readXml(archive, 'content.xml', FORMAT, handler)
  const { title, ...properties } = await readProperties(archive, 'meta.xml', FORMAT)
  const { text, blocks } = writer.finish()
  const first = body === 'spreadsheet' ? undefined : blocks.find(({ kind }) => kind === 'heading')
  return {
    title: title ?? (first ? text.slice(first.start, first.end).slice(0, 200) : fileTitle(options.uri)),
    mediaType: `application/vnd.oasis.opendocument.${body}`,
    text,
    blocks,
    linesMatchFile: false,
    ...properties,
  }
}

async function isEncrypted(archive: Archive): Promise<boolean> {
  let encrypted = false
  if (archive.has('META-INF/manifest.xml'))
    await readXml(archive, 'META-INF/manifest.xml', FORMAT, {
      open(name) {
        encrypted ||= name === 'encryption-data'
      },
    })
  return encrypted
}
