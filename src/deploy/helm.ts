/** A Helm release: plan, roll out, watch, roll back. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { z } from 'zod'
import { packageRoot } from '../config/package-root.ts'
import { ChatbotError } from '../domain/errors.ts'
import { parseJson } from '../domain/json.ts'
import { printable } from '../domain/printable.ts'
import { diagnosis, isHopeless, type Pod, podsOf, type ReleaseLocation, releaseName } from './cluster.ts'
import { failed, lastLinesOf, output, run, type ToolOptions } from './tool.ts'

const CHART = join(packageRoot(), 'deploy/helm/chatbot')
export const MINIKUBE_VALUES = join(CHART, 'values-minikube.yaml')

export interface Settings {
  /** Values files; later ones take precedence. */
  readonly files: readonly string[]
  /** `key=value`, as for helm. */
  readonly set: readonly string[]
  readonly image?: { readonly repository: string; readonly tag: string } | undefined
}

export interface Rollout {
  readonly place: ReleaseLocation
  readonly settings: Settings
  /** In helm's format: `10m`. */
  readonly timeout: string
  readonly signal: AbortSignal
  /** How long a pod may stay in a state from which it does not recover by itself; default: half a minute. */
  readonly patienceMs?: number
  /** Called on every change of a pod. */
  onPod: (pod: Pod) => void
  onProgress: (message: string) => void
}

export interface Revision {
  readonly revision: number
  readonly status: string
  readonly updated: string
  readonly chart: string
}

const WATCH_MS = 2000
/** Pulling an image may take this long. */
const PATIENCE_MS = 30_000

const at = ({ context, namespace }: ReleaseLocation) => ['--kube-context', context, '--namespace', namespace]

function valuesOf({ files, set, image }: Settings): { args: string[]; options: ToolOptions } {
  const args = [...files.flatMap((file) => ['--values', file]), ...set.flatMap((pair) => ['--set', pair])]
  // An explicit image takes precedence over the values files.
  return image === undefined
    ? { args, options: {} }
    : { args: [...args, '--values', '-'], options: { input: stringify({ image }) } }
}

/** The manifests to apply, with secrets masked. Throws `bad_request` with helm's error for invalid values. */
export async function plan(
  { namespace, release }: Pick<ReleaseLocation, 'namespace' | 'release'>,
  settings: Settings,
): Promise<string> {
  return maskSecrets(await rendered({ namespace, release }, settings, []))
}

/** Like `plan`, with the secrets from the values or new ones. */
export async function rendered(
  { namespace, release }: Pick<ReleaseLocation, 'namespace' | 'release'>,
  settings: Settings,
  extra: readonly string[],
): Promise<string> {
  const { args, options } = valuesOf(settings)
  const { code, stdout, stderr } = await run(
    'helm',
    ['template', release, CHART, '--namespace', namespace, ...extra, ...args],
    options,
  )
  if (code === 0) return stdout
  throw new ChatbotError('bad_request', `The chart rejects the values: ${printable(lastLinesOf(stderr, 15))}`)
}

/** Masks the values of all Secrets, and digests made from them. */
const maskSecrets = (manifests: string): string =>
  manifests
    .split(/^(?=---$)/m)
    .map((document) => {
      const masked = document.replace(/^( *checksum\/secrets: ).*$/gm, '$1********')
      if (!/^kind: Secret$/m.test(masked)) return masked
      return masked.replace(/^(?:stringData|data):[^\n]*(?:\n +[^\n]*)*/gm, (block) =>
        block.replace(/^( +[\w.-]+:).*$/gm, '$1 "********"'),
      )
    })
    .join('')

const historySchema = z.array(
  z.object({ revision: z.int(), status: z.string(), updated: z.string(), chart: z.string() }),
)

/** Oldest first; empty if there is no such release. */
export async function history(place: ReleaseLocation): Promise<Revision[]> {
  const args = ['history', place.release, ...at(place), '--max', '20', '--output', 'json']
  const finished = await run('helm', args)
  if (finished.code === 0) return historySchema.parse(parseJson(finished.stdout))
  if (/not found/i.test(finished.stderr)) return []
  throw failed('helm', args, finished)
}

/**
 * Installs or upgrades, and waits until all is ready; returns the revision. On failure, the error names the unhealthy
 * pods with reasons, and an upgrade is rolled back. Throws `deploy_failed` or `timeout`.
 */
export async function rollOut(rollout: Rollout): Promise<Revision> {
  const { place, settings, timeout, signal } = rollout
  const before = (await history(place)).filter(({ status }) => status === 'deployed').at(-1)
  const { args, options } = valuesOf(settings)
  const stop = new AbortController()
  const watched = watchPods(rollout, stop)
  const command = ['upgrade', '--install', place.release, CHART, ...at(place), '--create-namespace']
  const upgraded = await run(
    'helm',
    // Keeps values from earlier runs, and adds the chart's new defaults.
    [...command, '--reset-then-reuse-values', '--wait', '--timeout', timeout, ...args],
    { ...options, signal: AbortSignal.any([signal, stop.signal]) },
  )
  const hopeless = stop.signal.aborted
  stop.abort()
  await watched
  if (upgraded.code === 0 && !hopeless) {
    const done = (await history(place)).at(-1)
    if (done !== undefined) return done
    throw new ChatbotError('deploy_failed', `helm has no record of ${releaseName(place)}.`)
  }
  if (signal.aborted) {
    throw new ChatbotError(
      'cancelled',
      `Stopped. ${releaseName(place)} may be half changed: run the command again, or \`chatbot deploy rollback\`.`,
    )
  }
  throw await failure(rollout, before, upgraded.stderr, hopeless)
}

async function failure(
  { place, timeout, onProgress }: Rollout,
  before: Revision | undefined,
  words: string,
  hopeless: boolean,
): Promise<ChatbotError> {
  const timedOut = !hopeless && /timed out|deadline exceeded|not ready/i.test(words)
  const pods = await diagnosis(place)
  const said = hopeless ? 'pods cannot start' : printable(lastLinesOf(words.replace(/^level=.*\n/gm, ''), 5))
  const parts = [
    `The rollout of ${releaseName(place)} failed: ${timedOut ? `not ready after ${timeout}: ` : ''}${said}`,
  ]
  if (pods !== '') parts.push(`Unhealthy:\n${pods}`)
  if (before === undefined) {
    parts.push(
      'This was the first deployment: it is left in place for inspection. `chatbot deploy down` removes it.',
    )
  } else {
    onProgress(`Rolling ${releaseName(place)} back to revision ${before.revision}…`)
    const back = await run('helm', [
      'rollback',
      place.release,
      String(before.revision),
      ...at(place),
      '--wait',
      '--timeout',
      timeout,
    ])
    parts.push(
      back.code === 0
        ? `Rolled back to revision ${before.revision}, which is running.`
        : `The rollback to revision ${before.revision} failed too: ${printable(lastLinesOf(back.stderr, 5))}`,
    )
  }
  return new ChatbotError(timedOut ? 'timeout' : 'deploy_failed', parts.join('\n'))
}

/** Reports every change until stopped; stops the rollout if a pod is in a state from which it does not recover. */
async function watchPods(
  { place, onPod, patienceMs = PATIENCE_MS }: Rollout,
  stop: AbortController,
): Promise<void> {
  const shown = new Map<string, string>()
  const since = new Map<string, number>()
  while (!stop.signal.aborted) {
    for (const pod of await podsOf(place).catch((): Pod[] => [])) {
      const line = `${pod.state} ${pod.detail}`
      if (shown.get(pod.name) !== line) onPod(pod)
      shown.set(pod.name, line)
      if (!isHopeless(pod)) since.delete(pod.name)
      else if (!since.has(pod.name)) since.set(pod.name, Date.now())
      else if (Date.now() - (since.get(pod.name) ?? 0) > patienceMs) stop.abort()
    }
    await sleep(WATCH_MS, undefined, { signal: stop.signal }).catch(() => undefined)
  }
}

/** Rolls back to a revision, default: the previous one, and returns it. Throws `not_found` or `deploy_failed`. */
export async function rollBack(
  place: ReleaseLocation,
  to: number | undefined,
  timeout: string,
): Promise<number> {
  const all = await history(place)
  const current = all.at(-1)
  const target =
    to ??
    all.slice(0, -1).findLast(({ status }) => status === 'superseded' || status === 'deployed')?.revision
  if (current === undefined) throw new ChatbotError('not_found', `There is no ${releaseName(place)}.`)
  if (target === undefined || !all.some(({ revision }) => revision === target)) {
    throw new ChatbotError(
      'not_found',
      `${releaseName(place)} has no earlier revision ${to ?? ''}to go back to.`,
    )
  }
  await output('helm', [
    'rollback',
    place.release,
    String(target),
    ...at(place),
    '--wait',
    '--timeout',
    timeout,
  ])
  return target
}

/** Removes the release; volumes and their passwords are kept. */
export async function uninstall(place: ReleaseLocation): Promise<void> {
  await output('helm', ['uninstall', place.release, ...at(place), '--wait'])
}
