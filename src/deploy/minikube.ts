import { z } from 'zod'
import { ChatbotError } from '../domain/errors.ts'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { printable } from '../domain/printable.ts'
import { type BuildContext, buildImage, buildInMinikube, imageName } from './image.ts'
import { containerEngine, failed, lastLinesOf, output, run } from './tool.ts'

const statusSchema = z.object({ Host: z.string(), APIServer: z.string() })

/** Throws `cluster_unreachable` if the profile is not running. */
export async function checkMinikube(profile: string): Promise<void> {
  const { stdout, stderr } = await run('minikube', ['status', '--profile', profile, '--output', 'json'])
  const status = statusSchema.safeParse(parseJsonOrUndefined(stdout)).data
  if (status?.Host === 'Running' && status.APIServer === 'Running') return
  const said =
    status === undefined
      ? printable(lastLinesOf(stderr || stdout, 3))
      : `host ${status.Host}, API server ${status.APIServer}`
  throw new ChatbotError(
    'cluster_unreachable',
    `Minikube's profile ${profile} is not running (${said}). Start it: minikube start --profile ${profile} --cpus 2 --memory 4g`,
  )
}

/**
 * Makes sure that Minikube has the image. Builds it with the machine's container engine, which keeps its build cache,
 * or inside Minikube if there is none. Throws `deploy_failed`.
 */
export async function putImage(
  profile: string,
  context: BuildContext,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (message: string) => void },
): Promise<void> {
  const image = imageName(context)
  const there = await output('minikube', ['image', 'ls', '--profile', profile])
  if (there.split('\n').some((line) => line.trim() === image || line.trim().endsWith(`/${image}`))) return
  const engine = await containerEngine().catch(() => undefined)
  if (engine === undefined) {
    onProgress(`Building ${image} inside Minikube's profile ${profile}…`)
    await buildInMinikube(profile, context, signal)
    return
  }
  onProgress(`Building ${image} with ${engine}…`)
  await buildImage(engine, context, signal)
  onProgress(`Loading ${image} into Minikube's profile ${profile}…`)
  const args = ['image', 'load', '--profile', profile, image]
  const loaded = await run('minikube', args, { signal })
  if (loaded.code !== 0) throw failed('minikube', args, loaded)
}
