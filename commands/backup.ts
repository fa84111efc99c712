import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { string } from '@oclif/core/args'
import { totalsOf } from '../src/backup/archive.ts'
import { readPassphrase } from '../src/client/files/password-file.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { confirm } from '../src/terminal/confirm.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { bytes, count, duration } from '../src/text/amounts.ts'
import { ChatbotCommand } from './common/command.ts'
import { passphraseFile, yes } from './common/flags.ts'

interface BackupReport {
  readonly file: string
  readonly bytes: number
  readonly collections: number
  readonly documents: number
  readonly conversations: number
}

export default class Backup extends ChatbotCommand {
  static override summary = 'Write all documents, vectors, conversations, users and roles into one archive.'
  static override description =
    'The daemon keeps running; each collection is saved as a consistent snapshot. The archive contains passwords and keys only as hashes, encrypted with the passphrase in --passphrase-file, and omits them without one. It never contains settings or tokens. `chatbot restore` reads it back, even into another database: from a laptop to a server, for example.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> chatbot-backup.gz',
    '<%= config.bin %> <%= command.id %> chatbot-backup.gz --passphrase-file passphrase.txt',
    {
      description: 'Straight to another machine',
      command: '<%= config.bin %> <%= command.id %> - | ssh server chatbot restore - --yes',
    },
  ]
  static override args = {
    file: string({ required: true, ignoreStdin: true, description: 'the archive; `-` is stdout' }),
  }
  static override flags = {
    ...yes,
    'passphrase-file': passphraseFile(
      'Include the hashes of passwords and keys, encrypted with the passphrase in this file.',
    ),
  }

  async run(): Promise<BackupReport | undefined> {
    const { args, flags } = await this.parse(Backup)
    const loaded = await this.settings(flags)
    const interrupt = this.own(onInterrupt())
    const passphrase = await readPassphrase(flags['passphrase-file'])
    if (args.file === '-') {
      if (process.stdout.isTTY || this.jsonEnabled()) {
        throw new ChatbotError('bad_request', 'The archive is binary: send stdout to a file or a program.')
      }
      const api = await this.api(loaded)
      await receive(
        await api.backup({ signal: interrupt.first, passphrase }),
        process.stdout,
        interrupt.first,
      )
      return undefined
    }
    const file = resolve(args.file)
    if (await exists(file)) await confirm(`This overwrites ${args.file}.`, flags.yes)
    const api = await this.api(loaded)
    const started = performance.now()
    // A unique name, in case two backups run at once.
    const partial = `${file}.${randomUUID()}.partial`
    try {
      const archive = await api.backup({ signal: interrupt.first, passphrase })
      await receive(archive, createWriteStream(partial, { mode: 0o600 }), interrupt.first)
      const { type: _, ...totals } = await totalsOf(createReadStream(partial))
      await rename(partial, file)
      const report = { file, bytes: (await stat(file)).size, ...totals }
      const what = [
        count(report.documents, 'document'),
        `in ${count(report.collections, 'collection')}`,
        `and ${count(report.conversations, 'conversation')}`,
      ]
      this.log(
        `Wrote ${args.file}: ${what.join(' ')}, ${bytes(report.bytes)} in ${duration(performance.now() - started)}.`,
      )
      return report
    } finally {
      await rm(partial, { force: true })
    }
  }
}

async function receive(
  archive: Readable,
  destination: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pipeline(archive, destination, { signal, end: destination !== process.stdout })
  } catch (error) {
    if (signal.aborted) throw new ChatbotError('cancelled', 'The backup was cancelled; nothing was written.')
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOSPC') {
      throw new ChatbotError(
        'disk_full',
        'There is no space left for the backup. Free some, or choose another place.',
      )
    }
    throw ChatbotError.wrap(error, 'daemon_unreachable', 'The backup was interrupted: ')
  }
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  )
