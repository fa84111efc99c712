import { checkCluster, currentContext } from '../../src/deploy/cluster.ts'
import { checkMinikube } from '../../src/deploy/minikube.ts'
import { checkCompose, checkTool, containerEngine } from '../../src/deploy/tool.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { printableLine } from '../../src/domain/printable.ts'
import { paint } from '../../src/terminal/style.ts'
import { ChatbotCommand } from '../common/command.ts'

interface Check {
  readonly name: string
  /** The commands that need it. */
  readonly for: string
  readonly ok: boolean
  readonly detail: string
}

export default class DeployDoctor extends ChatbotCommand {
  static override summary =
    'Check the tools and the cluster that deployments need. Exit status 1 if no target is usable.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployDoctor)
    await this.settings(flags)
    const checks: Check[] = []
    const check = async (name: string, needed: string, look: () => Promise<string>) => {
      const found = await look().then(
        (detail) => ({ ok: true, detail }),
        (error: unknown) => ({ ok: false, detail: ChatbotError.wrap(error).fullMessage }),
      )
      const [mark, colour] = found.ok ? (['✓', 'green'] as const) : (['✗', 'red'] as const)
      checks.push({ name, for: needed, ...found })
      this.log(`${paint(process.stdout, colour, mark)} ${name} (${needed}): ${printableLine(found.detail)}`)
      return found.ok
    }
    const engine = await check('Container engine', 'compose', containerEngine)
    const compose =
      engine && (await check('Compose', 'compose', async () => checkCompose(await containerEngine())))
    const helm = await check('Helm', 'helm, minikube, manifests', () => checkTool('helm'))
    const kubectl = await check('kubectl', 'helm, minikube', () => checkTool('kubectl'))
    const cluster =
      kubectl &&
      (await check("Cluster of kubectl's context", 'helm', async () => {
        const context = await currentContext()
        return `${context}, Kubernetes ${await checkCluster(context)}`
      }))
    const minikube = await check('Minikube', 'minikube', async () => {
      const version = await checkTool('minikube')
      await checkMinikube('minikube')
      return `${version}, runs`
    })
    const targets = { compose, helm: helm && cluster, minikube: helm && kubectl && minikube, manifests: helm }
    const ready = Object.entries(targets).flatMap(([name, works]) => (works ? [name] : []))
    this.log(
      ready.length === 0 ? '\nNothing can be deployed from here yet.' : `\nReady for: ${ready.join(', ')}.`,
    )
    if (ready.length === 0) process.exitCode = 1
    return { targets, checks }
  }
}
