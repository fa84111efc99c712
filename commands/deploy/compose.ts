import { integer, option, string } from '@oclif/core/flags'
import { bringUp, composeProject, containers, makeSecrets } from '../../src/deploy/compose.ts'
import { buildContext, buildImage, imageName } from '../../src/deploy/image.ts'
import { remember } from '../../src/deploy/state.ts'
import { checkCompose, containerEngine } from '../../src/deploy/tool.ts'
import { onInterrupt } from '../../src/terminal/interrupt.ts'
import { ChatbotCommand } from '../common/command.ts'
import { dryRun } from '../common/deploy-flags.ts'
import { nextSteps } from '../common/deploy-output.ts'

export default class DeployCompose extends ChatbotCommand {
  static override summary = 'Run the daemon with PostgreSQL and Redis in containers on this machine.'
  static override description =
    'Builds the image of this version unless it exists, creates the secrets once, starts everything and waits until it is healthy. Run it again after an upgrade or to change something; earlier settings are kept.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    {
      description: 'With a model in Ollama to write the answers',
      command: '<%= config.bin %> <%= command.id %> --profile ollama',
    },
    {
      description: 'Two replicas, on ports 7474 and 7475',
      command: '<%= config.bin %> <%= command.id %> --replicas 2',
    },
  ]
  static override flags = {
    ...dryRun,
    image: string({ helpValue: 'NAME', summary: 'Run this image instead of building one.' }),
    replicas: integer({
      min: 1,
      max: 100,
      helpValue: 'N',
      summary: 'Number of daemons, each on a separate port (1).',
    }),
    port: integer({ min: 1, max: 65_535, helpValue: 'PORT', summary: 'First port on 127.0.0.1 (7474).' }),
    profile: option({
      options: ['ollama', 'observability'] as const,
      multiple: true,
      multipleNonGreedy: true,
    })({
      summary: 'Additional services: Ollama, or Prometheus with Grafana. Repeatable.',
    }),
    model: string({ helpValue: 'MODEL', default: 'qwen3:4b', summary: 'Model for the profile ollama.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployCompose)
    await this.settings(flags)
    const engine = await containerEngine()
    const version = await checkCompose(engine)
    const interrupt = this.own(onInterrupt())
    const project = composeProject(engine, process.env)
    const before = project.variables.CHATBOT_IMAGE === undefined ? undefined : project.variables
    const context = flags.image === undefined ? this.own(buildContext()) : undefined
    const image = context === undefined ? (flags.image ?? '') : imageName(context)
    const replicas = flags.replicas ?? Number(before?.CHATBOT_REPLICAS ?? 1)
    const port = flags.port ?? Number.parseInt(before?.CHATBOT_PORT ?? '7474', 10)
    const wanted = {
      CHATBOT_IMAGE: image,
      CHATBOT_REPLICAS: String(replicas),
      CHATBOT_PORT: replicas === 1 ? String(port) : `${port}-${port + replicas - 1}`,
      ...(flags.profile === undefined ? {} : profileVariables(flags.profile, flags.model)),
    }
    const where = `the compose project chatbot (${engine} compose ${version})`
    if (flags['dry-run']) {
      const plan = await project.plan(wanted)
      this.log(plan.trimEnd())
      this.talk(`Nothing was changed in ${where}.`)
      return { dryRun: true, image, plan }
    }

    await makeSecrets(project)
    if (context !== undefined) {
      this.talk(`Building ${image}, unless it exists…`)
      await buildImage(engine, context, interrupt.first)
    }
    this.talk(`Starting ${image} in ${where}…`)
    project.set(wanted)
    await bringUp(project, before, { signal: interrupt.first, onProgress: (message) => this.talk(message) })
    remember(process.env, { target: 'compose' })
    const urls = Array.from({ length: replicas }, (_, index) => `http://127.0.0.1:${port + index}`)
    const inside = `${engine} exec ${(await containers(project)).find(({ Service }) => Service === 'chatbot')?.Name ?? 'chatbot-chatbot-1'}`
    this.log(`${image} is ready in ${where}: ${urls.join(', ')}\n`)
    this.log(nextSteps({ url: urls[0] ?? '' }, inside))
    this.log('\n  chatbot deploy status | logs | down')
    return { image, urls }
  }
}

function profileVariables(profiles: readonly string[], model: string): Record<string, string> {
  return {
    COMPOSE_PROFILES: profiles.join(','),
    ...(profiles.includes('ollama')
      ? {
          CHATBOT_ANSWER_ENGINE: 'ollama',
          CHATBOT_ENGINES_OLLAMA_BASE_URL: 'http://ollama:11434/v1',
          OLLAMA_MODEL: model,
        }
      : {}),
  }
}
