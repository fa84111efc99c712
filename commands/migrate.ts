import { count } from '../src/text/amounts.ts'
import { ChatbotCommand } from './common/command.ts'

export default class Migrate extends ChatbotCommand {
  static override summary = 'Migrate the PostgreSQL of DATABASE_URL to the schema of this version.'
  static override description =
    'Needs no daemon and starts none: for a deployment that migrates before it starts the daemons of a new version. Daemons also migrate by themselves; the first one holds a lock, and the others wait. A database migrated by a newer version is refused (database_newer).'
  static override examples = [
    'DATABASE_URL=postgres://chatbot@db/chatbot <%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq .applied',
  ]

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Migrate)
    const { config } = await this.settings(flags)
    const { migrateDatabase } = await import('../daemon/migrate.ts')
    const applied = await migrateDatabase(config)
    this.log(
      applied === 0
        ? 'The database is up to date.'
        : `${count(applied, 'migration')} applied: the database is up to date.`,
    )
    return { applied }
  }
}
