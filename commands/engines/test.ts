import { string } from '@oclif/core/args'
import type { RouteResponse } from '../../src/api/routes.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { duration } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class EnginesTest extends ChatbotCommand {
  static override summary = 'Test whether and how fast an engine answers a small question.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> local',
  ]
  static override args = {
    name: string({ ignoreStdin: true, description: 'name of an engine; default: all' }),
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(EnginesTest)
    const api = await this.api(await this.settings(flags))
    const names =
      args.name === undefined
        ? (await api.call('listEngines', {})).engines.map(({ name }) => name)
        : [args.name]
    const results: unknown[] = []
    let failure: ChatbotError | undefined
    for (const name of names) {
      try {
        const trial = await api.call('testEngine', { params: { name } })
        this.log(`${name}: ${summary(trial)}\n  ${trial.text.replace(/\s+/g, ' ').slice(0, 200)}`)
        results.push({ name, ok: true, ...trial })
      } catch (thrown) {
        const error = ChatbotError.wrap(thrown)
        if (error.code === 'unknown_engine' || args.name !== undefined) throw error
        failure ??= error
        this.log(`${name}: ${error.fullMessage}`)
        results.push({ name, ok: false, error: error.inFull() })
      }
    }
    if (failure !== undefined) process.exitCode = failure.exitCode
    return { engines: results }
  }
}

function summary({ firstMs, totalMs, usage }: RouteResponse<'testEngine'>): string {
  const times = `first text after ${duration(firstMs)}, all after ${duration(totalMs)}`
  if (usage === undefined) return times
  const seconds = Math.max(1, totalMs - firstMs) / 1000
  const rate =
    usage.completionTokens > 1 ? `, ${((usage.completionTokens - 1) / seconds).toFixed(1)} tokens/s` : ''
  return `${times}; ${usage.promptTokens} tokens read, ${usage.completionTokens} written${rate}`
}
