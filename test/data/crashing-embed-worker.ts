/** The real worker, which ends its thread when a text says `crash`, or `crash unless FILE` and there is none. */
import { existsSync, writeFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import '../../models/embed-worker.ts'

parentPort?.on('message', ({ text = '' }: { text?: string }) => {
  const [, file] = /crash(?: unless (.*))?$/.exec(text) ?? []
  if (!text.includes('crash') || (file !== undefined && existsSync(file))) return
  if (file !== undefined) writeFileSync(file, '')
  process.exit(7)
})
