/** The state of a cluster as kubectl reports it: reachability and pods. */

import { z } from 'zod'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { printable } from '../domain/printable.ts'
import { lastLinesOf, output, run } from './tool.ts'

/** The location of a release. */
export interface ReleaseLocation {
  readonly context: string
  readonly namespace: string
  readonly release: string
}

export const releaseName = ({ context, namespace, release }: ReleaseLocation) =>
  `${release} in namespace ${namespace} of context ${context}`

export const kubectl = (
  { context, namespace }: Pick<ReleaseLocation, 'context' | 'namespace'>,
  ...args: string[]
): string[] => ['--context', context, '--namespace', namespace, ...args]

/** Throws `bad_request` if kubectl has no current context. */
export async function currentContext(): Promise<string> {
  const { code, stdout } = await run('kubectl', ['config', 'current-context'])
  if (code === 0 && stdout.trim() !== '') return stdout.trim()
  throw new ChatbotError(
    'bad_request',
    'kubectl has no current context. Name one with --context; `kubectl config get-contexts` lists them.',
  )
}

/** The server's version. Throws `cluster_unreachable`. */
export async function checkCluster(context: string): Promise<string> {
  const args = ['--context', context, 'version', '--output', 'json', '--request-timeout', '10s']
  const { code, stdout, stderr } = await run('kubectl', args)
  const versions = code === 0 ? serverSchema.safeParse(parseJson(stdout)).data : undefined
  if (versions !== undefined) return versions.serverVersion.gitVersion
  throw new ChatbotError(
    'cluster_unreachable',
    `The cluster of context ${context} does not respond: ${printable(lastLinesOf(stderr, 3))}`,
  )
}

const serverSchema = z.object({ serverVersion: z.object({ gitVersion: z.string() }) })

const stateSchema = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  terminated: z
    .object({ reason: z.string().optional(), exitCode: z.int(), message: z.string().optional() })
    .optional(),
})

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        deletionTimestamp: z.string().optional(),
        labels: z.record(z.string(), z.string()).optional(),
      }),
      spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
      status: z.object({
        phase: z.string().optional(),
        conditions: z
          .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
          .default([]),
        initContainerStatuses: z
          .array(z.object({ restartCount: z.int(), state: stateSchema, lastState: stateSchema }))
          .default([]),
        containerStatuses: z
          .array(z.object({ restartCount: z.int(), state: stateSchema, lastState: stateSchema }))
          .default([]),
      }),
    }),
  ),
})

export interface Pod {
  readonly name: string
  readonly component: string
  readonly image: string
  readonly ready: boolean
  /** Ready, Completed, Pending, ImagePullBackOff, CrashLoopBackOff, … */
  readonly state: string
  /** Kubernetes's explanation; empty if nothing is wrong. */
  readonly detail: string
  readonly restarts: number
}

/** The pods of a release, except terminating ones. */
export async function podsOf(place: ReleaseLocation): Promise<Pod[]> {
  const selector = `app.kubernetes.io/instance=${place.release}`
  const text = await output(
    'kubectl',
    kubectl(place, 'get', 'pods', '--selector', selector, '--output', 'json'),
  )
  return podsSchema
    .parse(parseJson(text))
    .items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(podOf)
}

function podOf({ metadata, spec, status }: z.output<typeof podsSchema>['items'][number]): Pod {
  const containers = [...status.initContainerStatuses, ...status.containerStatuses]
  const ready = status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')
  const waiting = containers.find(({ state }) => state.waiting?.reason !== undefined)?.state.waiting
  const ended = containers.flatMap(({ state, lastState }) => {
    const { terminated } = state.terminated === undefined ? lastState : state
    return terminated === undefined || terminated.exitCode === 0 ? [] : [terminated]
  })[0]
  const unscheduled = status.conditions.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  )
  const state = ready
    ? 'Ready'
    : (waiting?.reason ??
      ended?.reason ??
      (status.phase === 'Succeeded' ? 'Completed' : (status.phase ?? 'Unknown')))
  const said = [
    waiting?.message ?? unscheduled?.message,
    ended === undefined
      ? undefined
      : `it ended with ${ended.exitCode}${ended.reason === undefined || ended.reason === 'Error' ? '' : ` (${ended.reason})`}`,
  ]
  return {
    name: metadata.name,
    component: metadata.labels?.['app.kubernetes.io/component'] ?? '',
    image: spec.containers[0]?.image ?? '',
    ready,
    state,
    detail: ready ? '' : said.filter((words) => words !== undefined).join('; '),
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
  }
}

const isUnwell = ({ ready, state }: Pod) => !ready && state !== 'Completed'

/** States from which a pod does not recover by itself. */
const HOPELESS = [
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
]
const HOPELESS_RESTARTS = 3

export const isHopeless = ({ ready, state, restarts }: Pod) =>
  !ready && (HOPELESS.includes(state) || (state === 'CrashLoopBackOff' && restarts >= HOPELESS_RESTARTS))

/** Why pods do not work: their state, Kubernetes's explanation, and the last lines of their logs. */
export async function diagnosis(place: ReleaseLocation): Promise<string> {
  const unwell = (await podsOf(place).catch(() => [])).filter(isUnwell)
  const found = await Promise.all(
    unwell.map(async ({ name, state, detail, image, restarts }) => {
      const previous = restarts > 0 ? ['--previous'] : []
      const args = kubectl(place, 'logs', name, '--all-containers', '--tail', '15', ...previous)
      const { stdout } = await run('kubectl', args)
      const log = stdout.trim() === '' ? '' : `\n${stdout.trimEnd().replace(/^/gm, '    ')}`
      return `  ${name} (${image}): ${state}${detail === '' ? '' : `: ${detail}`}${log}`
    }),
  )
  return printable(found.join('\n'))
}

/** The Service of a release's daemon. Throws `not_found`. */
export async function serviceOf(place: ReleaseLocation): Promise<Service> {
  const selector = `app.kubernetes.io/instance=${place.release},app.kubernetes.io/component=daemon`
  const text = await output(
    'kubectl',
    kubectl(place, 'get', 'services', '--selector', selector, '--output', 'json'),
  )
  const [service] = servicesSchema.parse(parseJson(text)).items
  if (service !== undefined) return service
  throw new ChatbotError('not_found', `There is no ${releaseName(place)}.`)
}

const servicesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        type: z.string().default('ClusterIP'),
        ports: z.array(z.object({ port: z.int() })).min(1),
      }),
      status: z
        .object({
          loadBalancer: z
            .object({
              ingress: z
                .array(z.object({ ip: z.string().optional(), hostname: z.string().optional() }))
                .default([]),
            })
            .default({ ingress: [] }),
        })
        .default({ loadBalancer: { ingress: [] } }),
    }),
  ),
})

export type Service = z.output<typeof servicesSchema>['items'][number]
