import { boolean, string } from '@oclif/core/flags'
import type { RouteResponse } from '../../src/api/routes.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'
import { watchJob } from '../common/watch-job.ts'

type Verified = RouteResponse<'verifyIndex'>

export default class IndexVerify extends ChatbotCommand {
  static override summary = 'Check that the index matches the stored documents, and repair it.'
  static override description =
    'Counts, spans of chunks against the stored text, hashes, vectors, words, orphans, and the recall of an approximate index. Exit status 1 (`index_damaged`) if something is wrong, or with --fix if something still is.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --collection handbook --fix',
  ]
  static override flags = {
    collection: string({
      char: 'c',
      helpValue: 'NAME',
      summary: 'The collection; default: all.',
    }),
    fix: boolean({ summary: 'Repair it from the stored documents; good vectors are kept.' }),
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(IndexVerify)
    const api = await this.api(await this.settings(flags))
    const verify = (name: string, fix: boolean) =>
      api.call('verifyIndex', { params: { name }, body: { fix } })
    const names =
      flags.collection === undefined
        ? (await api.call('listCollections', {})).collections.map(({ name }) => name)
        : [flags.collection]
    if (names.length === 0) this.log('There is nothing to verify yet. Add documents: chatbot ingest ./docs')
    const results: (Verified & { ok: boolean })[] = []
    for (const name of names) {
      const found = await verify(name, flags.fix)
      for (const line of lines(found)) this.log(line)
      let ok = found.problems.every(({ fixed }) => fixed)
      if (found.job !== null) {
        const ended = await watchJob(api, found.job, { quiet: this.jsonEnabled() })
        const after = ended.state === 'done' ? await verify(name, false) : undefined
        ok = after?.problems.length === 0
        this.log(
          ok ? `${name}: repaired.` : `${name}: not repaired yet: chatbot jobs show ${ended.id.slice(0, 8)}`,
        )
      }
      results.push({ ...found, ok })
    }
    if (results.some(({ ok }) => !ok)) process.exitCode = new ChatbotError('index_damaged', '').exitCode
    return { collections: results }
  }
}

function lines({ collection, documents, chunks, recall, problems }: Verified): string[] {
  const searched = recall === null ? '' : `, recall of the approximate index ${recall.toFixed(3)}`
  const head = `${collection}: ${count(documents, 'document')}, ${count(chunks, 'chunk')}${searched}`
  if (problems.length === 0) return [`${head}: no problems.`]
  return [
    `${head}:`,
    ...problems.flatMap(({ kind, count: times, fixed, examples }) => [
      `  ${kind}: ${times}${fixed ? ', fixed' : ''}`,
      ...examples.map((example) => `    ${printableLine(example)}`),
    ]),
  ]
}
