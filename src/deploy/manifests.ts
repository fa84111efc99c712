/** The chart as plain files for kubectl, with placeholders for secrets. */
import { isMap, parseDocument, stringify } from 'yaml'
import { rendered, type Settings } from './helm.ts'

/** The files in the order in which they are applied, and the objects in each. */
const FILES: readonly (readonly [name: string, has: (kind: string, component: string) => boolean])[] = [
  ['10-secrets.yaml', (kind) => kind === 'Secret'],
  ['20-configmap.yaml', (kind) => kind === 'ConfigMap'],
  ['30-postgres.yaml', (_kind, component) => component === 'postgres'],
  ['40-redis.yaml', (_kind, component) => component === 'redis'],
  ['50-app.yaml', () => true],
]

const NAMESPACE_FILE = '00-namespace.yaml'
const COMMANDS_FILE = 'help-command.txt'

const POSTGRES_PLACEHOLDER = 'REPLACE-POSTGRES-PASSWORD'
const REDIS_PLACEHOLDER = 'REPLACE-REDIS-PASSWORD'
const AUTH_PLACEHOLDER = 'REPLACE-AUTH-SECRET'
const PLACEHOLDERS = [POSTGRES_PLACEHOLDER, REDIS_PLACEHOLDER, AUTH_PLACEHOLDER]

/** Contents by file name. Throws `bad_request` with helm's error for invalid values. */
export async function manifests(
  { namespace, release }: { namespace: string; release: string },
  settings: Settings,
): Promise<Map<string, string>> {
  // Placeholders instead of secrets; daemons migrate the database when they start.
  const secrets = `postgres.password=${POSTGRES_PLACEHOLDER},redis.password=${REDIS_PLACEHOLDER},auth.secret=${AUTH_PLACEHOLDER},migrate.enabled=false`
  const text = await rendered({ namespace, release }, settings, [
    '--set',
    secrets,
    '--no-hooks',
    '--skip-tests',
  ])
  const contents = new Map<string, string>([
    [
      NAMESPACE_FILE,
      stringify({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      }),
    ],
  ])
  for (const piece of text.split(/^---\n/m)) {
    const document = parseDocument(piece.replace(/^# Source.*\n/, ''))
    if (!isMap(document.contents)) continue
    // Helm does not manage these, and kubectl needs the namespace in each.
    const annotations = document.getIn(['metadata', 'annotations'])
    if (isMap(annotations)) {
      annotations.delete('helm.sh/resource-policy')
      if (annotations.items.length === 0) document.deleteIn(['metadata', 'annotations'])
    }
    for (const at of [['metadata'], ['spec', 'template', 'metadata']]) {
      if (!document.hasIn(at)) continue
      document.deleteIn([...at, 'labels', 'helm.sh/chart'])
      document.deleteIn([...at, 'labels', 'app.kubernetes.io/managed-by'])
    }
    document.setIn(['metadata', 'namespace'], namespace)
    const component = String(document.getIn(['metadata', 'labels', 'app.kubernetes.io/component']))
    const [file] = FILES.find(([, has]) => has(String(document.get('kind')), component)) ?? ['']
    contents.set(
      file,
      [contents.get(file), document.toString({ lineWidth: 0 })].filter(Boolean).join('---\n'),
    )
  }
  const inOrder = [NAMESPACE_FILE, ...FILES.map(([name]) => name).filter((name) => contents.has(name))]
  const result = new Map(inOrder.map((name) => [name, contents.get(name) ?? '']))
  // The name that the chart gives to its objects.
  const name = release.includes('chatbot') ? release : `${release}-chatbot`
  return result.set(COMMANDS_FILE, commands(namespace, name, [...result.keys()]))
}

function commands(namespace: string, name: string, files: readonly string[]): string {
  const apply = files.flatMap((file) => {
    if (file !== '10-secrets.yaml')
      return [`kubectl apply -f ${file}`, ...(WAIT.get(file)?.(namespace, name) ?? [])]
    // Applying new passwords again would lock the daemon out of the database, which has the old ones.
    return [
      `kubectl -n ${namespace} get secret ${name}-secrets >/dev/null 2>&1 || sed ${PLACEHOLDERS.map((name) => `-e "s/${name}/$(openssl rand -hex 24)/g"`).join(' ')} ${file} | kubectl apply -f -`,
    ]
  })
  return `# The chart as plain manifests for kubectl. Run these commands in this folder, in this order, and again after a change.
# Written by \`chatbot deploy manifests\`. The cluster must have the image named in 50-app.yaml.
${apply.join('\n')}
kubectl -n ${namespace} port-forward service/${name} 7474
`
}

const WAIT = new Map<string, (namespace: string, name: string) => string[]>([
  [
    '30-postgres.yaml',
    (namespace, name) => [`kubectl -n ${namespace} rollout status statefulset/${name}-postgres`],
  ],
  ['40-redis.yaml', (namespace, name) => [`kubectl -n ${namespace} rollout status deployment/${name}-redis`]],
  ['50-app.yaml', (namespace, name) => [`kubectl -n ${namespace} rollout status deployment/${name}`]],
])
