/** Flags that the `deploy` commands share. */
import { boolean, option, string } from '@oclif/core/flags'
import type { Settings } from '../../src/deploy/helm.ts'

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

export const settingsOf = (flags: {
  readonly values?: readonly string[] | undefined
  readonly set?: readonly string[] | undefined
}): Settings => ({ files: flags.values ?? [], set: flags.set ?? [] })
