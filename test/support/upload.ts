import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiClient } from '../../src/client/api.ts'
import { hashFile } from '../../src/client/files/hash.ts'

/** A document of this text, ready to be found; of a run that is not sealed yet, staged. */
export async function upload(
  { api }: { readonly api: ApiClient },
  collection: string,
  uri: string,
  text: string,
  { job, signal }: { readonly job?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): ReturnType<ApiClient['upload']> {
  const path = join(tmpdir(), `chatbot-upload-${randomUUID()}`)
  writeFileSync(path, text)
  try {
    const file = await hashFile(path)
    // Makes the collection, where it is not there yet.
    await api.call('compareManifest', { params: { name: collection }, body: { files: [{ uri, ...file }] } })
    return await api.upload({ collection, uri, path, job, ...file }, { signal })
  } finally {
    rmSync(path)
  }
}
