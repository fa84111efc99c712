import { kubectl, type ReleaseLocation, serviceOf } from './cluster.ts'
import { output, run } from './tool.ts'

/** The address of a deployed daemon, and the port forwarding it may need. */
export interface Address {
  readonly url: string
  /** Must be started first and keep running. */
  readonly forward?: string
}

const MINIKUBE_URL_MS = 15_000

/** Throws `not_found` if there is no such release. */
export async function addressOf(place: ReleaseLocation, minikube: boolean): Promise<Address> {
  const service = await serviceOf(place)
  const name = service.metadata.name
  const port = service.spec.ports[0]?.port ?? 7474
  if (minikube && service.spec.type === 'NodePort') {
    const args = ['service', name, '--namespace', place.namespace, '--profile', place.context, '--url']
    // With some drivers this command stays open as a tunnel: then the user must run it.
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

/** The command prefix that runs a command in a pod of the daemon. */
export const insideOf = async (place: ReleaseLocation): Promise<string> =>
  `kubectl ${kubectl(place, 'exec', `deployment/${(await serviceOf(place)).metadata.name}`, '--').join(' ')}`
