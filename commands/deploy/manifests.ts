import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { string } from '@oclif/core/flags'
import { manifests } from '../../src/deploy/manifests.ts'
import { checkTool } from '../../src/deploy/tool.ts'
import { ChatbotCommand } from '../common/command.ts'
import { dryRun, releaseFlags, settingsOf, valuesFlags } from '../common/deploy-flags.ts'

export default class DeployManifests extends ChatbotCommand {
  static override summary = 'Write the chart as plain manifests for kubectl, with placeholders for secrets.'
  static override description = 'It also writes help-command.txt with the commands to run, in order.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --output ./k8s',
    '<%= config.bin %> <%= command.id %> --output ./k8s --set image.repository=registry.example.com/chatbot --set replicaCount=3',
  ]
  static override flags = {
    ...dryRun,
    output: string({
      char: 'o',
      default: 'k8s',
      helpValue: 'DIR',
      summary: 'Output folder; created if missing.',
    }),
    ...releaseFlags,
    ...valuesFlags,
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployManifests)
    await this.settings(flags)
    await checkTool('helm')
    const files = await manifests(flags, settingsOf(flags))
    const written: string[] = []
    for (const [name, content] of files) {
      const path = join(flags.output, name)
      if (flags['dry-run']) this.log(`# ${path}\n${content}`)
      else {
        mkdirSync(flags.output, { recursive: true })
        writeFileSync(path, content)
      }
      written.push(relative('.', path))
    }
    if (!flags['dry-run'])
      this.log(`Wrote ${written.join(', ')}.\nNext: ${join(flags.output, 'help-command.txt')}`)
    return { files: written, dryRun: flags['dry-run'] }
  }
}
