/** What the `deploy` commands share: flags, places, and what they say. */
import { boolean, option, string } from '@oclif/core/flags'
import { currentContext, kubectl, type Place, type Pod, serviceOf } from '../../src/deploy/cluster.ts'
import type { Settings } from '../../src/deploy/helm.ts'
import { type Deployed, lastDeployed } from '../../src/deploy/state.ts'
import { output, run } from '../../src/deploy/tool.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { isLoopback } from '../../src/domain/loopback.ts'
import { printableLine } from '../../src/domain/printable.ts'

export const dryRun = {
  'dry-run': boolean({ summary: 'Print what would be applied, secrets masked, and change nothing.' }),
}

export const releaseFlags = {
  namespace: string({
    char: 'n',
    default: 'chatbot',
    helpValue: 'NAME',
    summary: 'Namespace; made when missing.',
  }),
  release: string({
    default: 'chatbot',
    helpValue: 'NAME',
    summary: 'Name of the release and of what it is made of.',
  }),
}

export const valuesFlags = {
  values: string({
    char: 'f',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'FILE',
    summary: 'Values of the chart. Repeatable; what earlier runs gave stays.',
  }),
  set: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'One value of the chart. Repeatable. Not for secrets: they belong into --values.',
  }),
}

export const rolloutFlags = {
  timeout: string({ default: '10m', helpValue: 'TIME', summary: 'Longest wait until all is ready.' }),
  'with-data': boolean({
    summary: 'Copy the local documents, index and conversations there, by backup and restore.',
  }),
}

/** For status, logs, down and rollback: without them, what was deployed last. */
export const targetFlags = {
  target: option({ options: ['compose', 'minikube', 'helm'] as const })({
    summary: 'What to look at; without it, what was deployed from here last.',
  }),
  context: string({ helpValue: 'NAME', summary: "kubectl's context, or Minikube's profile." }),
  namespace: string({ char: 'n', helpValue: 'NAME', summary: 'Namespace (chatbot).' }),
  release: string({ helpValue: 'NAME', summary: 'Release (chatbot).' }),
}

export async function targetOf(flags: {
  readonly target?: Deployed['target'] | undefined
  readonly context?: string | undefined
  readonly namespace?: string | undefined
  readonly release?: string | undefined
}): Promise<Deployed> {
  const { target, context, namespace = 'chatbot', release = 'chatbot' } = flags
  if (target === undefined && context === undefined) {
    const last = lastDeployed(process.env)
    if (last.target === 'compose') return last
    return { ...last, namespace: flags.namespace ?? last.namespace, release: flags.release ?? last.release }
  }
  if (target === 'compose') return { target }
  if (target === 'minikube') return { target, context: context ?? 'minikube', namespace, release }
  return { target: 'helm', context: context ?? (await currentContext()), namespace, release }
}

export const settingsOf = (flags: {
  readonly values?: readonly string[] | undefined
  readonly set?: readonly string[] | undefined
}): Settings => ({ files: flags.values ?? [], set: flags.set ?? [] })

export const podLine = ({ name, state, detail, restarts }: Pod) =>
  printableLine(
    `  ${name}: ${state}${detail === '' ? '' : ` (${detail})`}${restarts === 0 ? '' : `, restarted ${restarts}×`}`,
  )

/** The address of a deployed daemon, and how to make it reachable where it is not. */
export interface Address {
  readonly url: string
  /** To be run first, and to be left running. */
  readonly forward?: string
}

const MINIKUBE_URL_MS = 15_000

/** Throws `not_found` when there is no such release. */
export async function addressOf(place: Place, minikube: boolean): Promise<Address> {
  const service = await serviceOf(place)
  const name = service.metadata.name
  const port = service.spec.ports[0]?.port ?? 7474
  if (minikube && service.spec.type === 'NodePort') {
    const args = ['service', name, '--namespace', place.namespace, '--profile', place.context, '--url']
    // With some drivers it stays as a tunnel: then it is for the user to run.
    const found = await run('minikube', args, { signal: AbortSignal.timeout(MINIKUBE_URL_MS) })
    const [url] = /^http:\/\/\S+/m.exec(found.stdout) ?? []
    if (found.code === 0 && url !== undefined) return { url }
    return { url: 'http://127.0.0.1:7474', forward: `minikube ${args.join(' ')}` }
  }
  const selector = `app.kubernetes.io/instance=${place.release}`
  const host = await output(
    'kubectl',
    kubectl(
      place,
      'get',
      'ingress',
      '--selector',
      selector,
      '--output',
      'jsonpath={.items[0].spec.rules[0].host}',
    ),
  ).catch(() => '')
  if (host.trim() !== '') return { url: `https://${host.trim()}` }
  const [balancer] = service.status.loadBalancer.ingress
  const external = balancer?.hostname ?? balancer?.ip
  if (external !== undefined) return { url: `http://${external}:${port}` }
  const forward = `kubectl ${kubectl(place, 'port-forward', `service/${name}`, `7474:${port}`).join(' ')}`
  return { url: 'http://127.0.0.1:7474', forward }
}

/** How to talk to it: the commands in their order. */
export function nextSteps({ url, forward }: Address, inside: string): string {
  const remote = url.startsWith('http:') && !isLoopback(new URL(url).hostname) ? ' --allow-insecure' : ''
  return [
    ...(forward === undefined ? [] : [`  ${forward}`]),
    `  ${inside} chatbot keys create me --role admin > key.txt`,
    `  chatbot login --key --server ${url}${remote} < key.txt`,
    `  chatbot chat --server ${url}${remote}`,
  ].join('\n')
}

/** How to run a command in a pod of the daemon. */
export const insideOf = async (place: Place): Promise<string> =>
  `kubectl ${kubectl(place, 'exec', `deployment/${(await serviceOf(place)).metadata.name}`, '--').join(' ')}`

export function notCompose(target: Deployed): Exclude<Deployed, { target: 'compose' }> {
  if (target.target !== 'compose') return target
  throw new ChatbotError(
    'bad_request',
    'A compose project keeps no revisions: deploy the image that you want with --image.',
  )
}
