import { ChatbotError } from '../domain/errors.ts'
import { currentContext } from './cluster.ts'
import { type Deployed, lastDeployed } from './state.ts'

/** The deployment named by flags, otherwise the last one. Throws `not_found` if there is none. */
export async function chosenDeployment(flags: {
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

export function notCompose(target: Deployed): Exclude<Deployed, { target: 'compose' }> {
  if (target.target !== 'compose') return target
  throw new ChatbotError(
    'bad_request',
    'A compose project has no revisions: deploy the wanted image with --image.',
  )
}
