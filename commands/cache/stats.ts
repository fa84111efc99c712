import { bytes, count } from '../../src/text/amounts.ts'
import { ChatbotCommand } from '../common/command.ts'

export default class CacheStats extends ChatbotCommand {
  static override summary = 'Show the contents and the hit rates of the answer cache.'
  static override description =
    'Hits and misses count since the daemon started. A similar question is refused if a number, a name, a negation or another word changes its meaning; refusals are counted by reason.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq .refusals',
  ]

  async run(): Promise<unknown> {
    const { flags } = await this.parse(CacheStats)
    const api = await this.api(await this.settings(flags))
    const stats = await api.call('cacheStats', {})
    const { enabled, entries, hits, misses, outdated, refusals } = stats
    if (!enabled) this.talk('The cache is off. Turn it on: chatbot config set cache.enabled true')
    this.log(`Answers   ${entries} of at most ${stats.maxAnswers}, ${bytes(stats.bytes)}`)
    this.log(`Hits      ${hits.exact} of the same question, ${hits.semantic} of one with the same meaning`)
    this.log(
      `Misses    ${misses}${outdated === 0 ? '' : `, ${count(outdated, 'outdated answer')} among them`}`,
    )
    const reasons = Object.entries(refusals).sort(([, a], [, b]) => b - a)
    if (reasons.length > 0) {
      this.log(`Refused   ${reasons.map(([reason, times]) => `${reason} ${times}`).join(', ')}`)
    }
    return stats
  }
}
