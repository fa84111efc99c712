import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { totalsOf } from '../backup/archive.ts'
import type { ApiClient } from '../client/api.ts'
import { ChatbotError } from '../domain/errors.ts'
import { printable } from '../domain/printable.ts'
import { bytes, count } from '../text/amounts.ts'
import { kubectl, type ReleaseLocation, releaseName, serviceOf } from './cluster.ts'
import { lastLinesOf, run } from './tool.ts'

/** Copies all data of the local daemon into a deployed one. Throws `deploy_failed`; another run resumes. */
export async function moveData(
  api: ApiClient,
  place: ReleaseLocation,
  {
    folder,
    signal,
    onProgress,
  }: { folder: string; signal: AbortSignal; onProgress: (message: string) => void },
): Promise<{ documents: number; conversations: number }> {
  const file = join(folder, `${randomUUID()}.gz`)
  await pipeline(await api.backup({ signal }), createWriteStream(file, { mode: 0o600 }), { signal })
  const { documents, conversations } = await totalsOf(createReadStream(file))
  onProgress(
    `Restoring ${count(documents, 'document')} (${bytes((await stat(file)).size)}) into ${releaseName(place)}…`,
  )
  const daemon = `deployment/${(await serviceOf(place)).metadata.name}`
  const args = [
    'exec',
    '--stdin',
    daemon,
    '--container',
    'chatbot',
    '--',
    'chatbot',
    'restore',
    '-',
    '--yes',
    '--json',
  ]
  const restored = await run('kubectl', kubectl(place, ...args), { input: createReadStream(file), signal })
  if (restored.code === 0) return { documents, conversations }
  throw new ChatbotError(
    'deploy_failed',
    `The deployment is running, but the data could not be copied into ${releaseName(place)}: ${printable(lastLinesOf(restored.stderr || restored.stdout, 5))}\nRun the command again to continue.`,
  )
}
