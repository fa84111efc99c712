import { resolve } from 'node:path'
import { boolean, string } from '@oclif/core/flags'
import type { JobStatus } from '../../src/client/sync/run.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { watchJob } from '../common/watch-job.ts'

export default class IndexRebuild extends ChatbotCommand {
  static override summary = 'Rebuild an index from the stored text, with another model or after an update.'
  static override description =
    'The old index serves until the new one is complete, then they are swapped atomically. Documents ingested meanwhile are in both. Ctrl-C stops watching, not the job: use `chatbot jobs cancel ID` for that. After a crash the daemon resumes it. Indexes that are up to date are not rebuilt.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --collection handbook --model Xenova/bge-small-en-v1.5',
    '<%= config.bin %> <%= command.id %> --collection handbook --model builtin --detach',
  ]
  static override flags = {
    collection: string({
      char: 'c',
      helpValue: 'NAME',
      summary: 'The collection; default: all.',
    }),
    model: string({
      char: 'm',
      helpValue: 'MODEL',
      summary: '`builtin`, a pulled model or the path of a folder; default: the current model.',
    }),
    detach: boolean({ summary: 'Do not wait: `chatbot jobs list` shows the progress.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(IndexRebuild)
    const api = await this.api(await this.settings(flags))
    const { generations } = await api.call('listIndex', {})
    const indexed = [
      ...new Set(generations.filter(({ state }) => state === 'active').map(({ collection }) => collection)),
    ]
    const names = flags.collection === undefined ? indexed : [flags.collection]
    if (names.length === 0) this.log('Nothing is indexed yet. Add documents: chatbot ingest ./docs')
    const model = flags.model === undefined ? undefined : referenceOf(flags.model)
    const results: { collection: string; job: JobStatus | null }[] = []
    for (const name of names) {
      const { job } = await api.call('rebuildIndex', { params: { name }, body: { model } })
      if (job === null) {
        this.log(`${name}: the index is up to date.`)
        results.push({ collection: name, job })
        continue
      }
      this.talk(`${name}: ${count(job.documents, 'document')}, job ${job.id.slice(0, 8)}`)
      if (flags.detach) {
        this.log(`${name}: chatbot jobs show ${job.id.slice(0, 8)} --follow`)
        results.push({ collection: name, job })
        continue
      }
      const ended = await watchJob(api, job, { quiet: this.jsonEnabled() })
      results.push({ collection: name, job: ended })
      this.log(`${name}: ${outcome(ended)}`)
      if (ended.state === 'done') continue
      if (ended.state !== 'running')
        process.exitCode = new ChatbotError(ended.errorCode ?? 'cancelled', '').exitCode
      break
    }
    return { collections: results }
  }
}

/** The daemon runs in another folder than the user: `./models/e5` is relative to the user's. */
const referenceOf = (model: string): string => (/^[.~]{0,2}\//.test(model) ? resolve(model) : model)

function outcome({ state, id, indexed, chunks, errorMessage }: JobStatus): string {
  switch (state) {
    case 'done':
      return `rebuilt, ${count(indexed, 'document')}, ${count(chunks, 'chunk')}.`
    case 'running':
      return `it continues: chatbot jobs show ${id.slice(0, 8)} --follow, or: chatbot jobs cancel ${id.slice(0, 8)}`
    case 'cancelled':
      return 'cancelled; the index is unchanged.'
    case 'failed':
      return `failed. ${errorMessage ?? ''} Run the same command to resume.`
  }
}
