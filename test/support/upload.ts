import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestDaemon } from './daemon.ts'

/** A document of this text, ready to be found. */
export async function upload(
  { api, dataDir }: Pick<TestDaemon, 'api' | 'dataDir'>,
  collection: string,
  uri: string,
  text: string,
): Promise<void> {
  const bytes = Buffer.byteLength(text)
  const path = join(dataDir, `upload-${uri}`)
  writeFileSync(path, text)
  const hash = createHash('sha256').update(text).digest('hex')
  await api.call('compareManifest', { params: { name: collection }, body: { files: [{ uri, bytes, hash }] } })
  await api.upload({ collection, uri, path, bytes, hash })
}
