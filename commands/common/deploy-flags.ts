/** Flags shared by the `deploy` commands. */
import { boolean, option, string } from '@oclif/core/flags'
import type { Settings } from '../../src/deploy/helm.ts'

export const dryRun = {
  'dry-run': boolean({ summary: 'Print what would be applied, with secrets masked, and change nothing.' }),
}

export const releaseFlags = {
  namespace: string({
    char: 'n',
    default: 'chatbot',
    helpValue: 'NAME',
    summary: 'Namespace; created if missing.',
  }),
  release: string({
    default: 'chatbot',
    helpValue: 'NAME',
    summary: 'Name of the release and prefix of its objects.',
  }),
}

export const valuesFlags = {
  values: string({
    char: 'f',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'FILE',
    summary: 'Values of the chart. Repeatable; values from earlier runs are kept.',
  }),
  set: string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'One value of the chart. Repeatable. Not for secrets: use --values for them.',
  }),
}

export const rolloutFlags = {
  timeout: string({ default: '10m', helpValue: 'TIME', summary: 'Maximum wait until all is ready.' }),
  'with-data': boolean({
    summary: 'Copy the local documents, index and conversations there, by backup and restore.',
  }),
}

/** For status, logs, down and rollback; default: the last deployment. */
export const targetFlags = {
  target: option({ options: ['compose', 'minikube', 'helm'] as const })({
    summary: 'Kind of deployment; default: the last one from here.',
  }),
  context: string({ helpValue: 'NAME', summary: "kubectl's context, or Minikube's profile." }),
  namespace: string({ char: 'n', helpValue: 'NAME', summary: 'Namespace (chatbot).' }),
  release: string({ helpValue: 'NAME', summary: 'Release (chatbot).' }),
}

export const settingsOf = (flags: {
  readonly values?: readonly string[] | undefined
  readonly set?: readonly string[] | undefined
}): Settings => ({ files: flags.values ?? [], set: flags.set ?? [] })
