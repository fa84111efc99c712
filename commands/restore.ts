import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import type { RouteResponse } from '../src/api/routes.ts'
import { unpackArchive } from '../src/backup/archive.ts'
import { readPassphrase } from '../src/client/files/password-file.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { stdinFile } from '../src/terminal/stdin.ts'
import { count, duration } from '../src/text/amounts.ts'
import { ChatbotCommand } from './common/command.ts'
import { passphraseFile, yes } from './common/flags.ts'

export default class Restore extends ChatbotCommand {
  static override summary = 'Restore a backup.'
  static override description =
    'Adds to the existing data: documents with the same name are replaced, everything else is kept. Nothing is embedded again. Run it again to resume after an interruption. Users and roles are restored only with --accounts, because that also restores rights removed since the backup. For an exact copy, restore into an empty data directory or database.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> chatbot-backup.gz',
    {
      description: 'From a laptop to PostgreSQL',
      command: 'DATABASE_URL=postgresql://… <%= config.bin %> <%= command.id %> chatbot-backup.gz',
    },
  ]
  static override args = {
    file: string({ required: true, ignoreStdin: true, description: 'the archive; `-` is stdin' }),
  }
  static override flags = {
    ...yes,
    accounts: boolean({ summary: 'Also restore users and roles; existing ones are kept.' }),
    'passphrase-file': passphraseFile(
      'With --accounts, also restore keys and passwords: file with the passphrase of the backup.',
    ),
  }

  async run(): Promise<RouteResponse<'restore'>> {
    const { args, flags } = await this.parse(Restore)
    const loaded = await this.settings(flags)
    const path = args.file === '-' ? this.own(await stdinFile()).path : args.file
    const passphrase = await readPassphrase(flags['passphrase-file'])
    if (passphrase !== undefined && !flags.accounts) {
      throw new ChatbotError('bad_request', 'A passphrase needs --accounts.')
    }
    await this.#check(path)
    const api = await this.api(loaded)
    const { collections } = await api.call('listCollections', {})
    const there = collections.reduce((sum, { documents }) => sum + documents, 0)
    if (there > 0) {
      await this.confirm(
        `${count(there, 'document')} already exist; those that are also in the backup are replaced.`,
        flags.yes,
      )
    }
    const interrupt = this.own(onInterrupt())
    const started = performance.now()
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const restored = await api.restore(
        { stream: file.createReadStream({ autoClose: false }), bytes: size },
        { signal: interrupt.first, accounts: flags.accounts, passphrase },
      )
      this.log(
        `Restored ${count(restored.documents, 'document')} in ${count(restored.collections, 'collection')} and ` +
          `${count(restored.conversations, 'conversation')} in ${duration(performance.now() - started)}` +
          `${restored.unchanged === 0 ? '' : `; ${restored.unchanged.toLocaleString('en-US')} existed already`}.`,
      )
      if (flags.accounts) {
        const { users, keys, grants } = restored
        this.log(`Also ${count(users, 'user')}, ${count(keys, 'key')} and ${count(grants, 'role')}.`)
      }
      if (restored.withoutPassword > 0) {
        this.talk(
          `${count(restored.withoutPassword, 'user')} without a password: set one with \`chatbot users passwd NAME\`.`,
        )
      }
      return restored
    } catch (error) {
      if (!interrupt.first.aborted) throw error
      throw new ChatbotError(
        'cancelled',
        'The restore was cancelled. Restored data is kept; run it again to continue.',
      )
    } finally {
      await file.close()
    }
  }

  /** Finds damage in the archive before anything is changed. */
  async #check(path: string): Promise<void> {
    try {
      for await (const _ of unpackArchive(createReadStream(path)));
    } catch (error) {
      throw ChatbotError.wrap(error, 'document_unreadable', `Cannot read ${path}: `)
    }
  }
}
