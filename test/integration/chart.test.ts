/** The Helm chart, rendered by the real helm and judged by the schemas of Kubernetes. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { packageRoot } from '../../src/config/package-root.ts'
import { version } from '../../src/config/version.ts'
import { podSpecOf, problemsOf, type Resource, resourcesOf } from '../support/kubernetes.ts'

const helm = process.env.HELM_TEST ?? ''
const CHART = join(packageRoot(), 'deploy/helm/chatbot')

interface Values {
  readonly [key: string]: unknown
}

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'chart-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function runHelm(args: readonly string[], values: Values = {}) {
  const file = join(dir, 'values.yaml')
  writeFileSync(file, stringify(values))
  return spawnSync(helm, [...args, '--values', file], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH, HOME: dir },
  })
}

function render(values: Values = {}, ...options: string[]): Resource[] {
  const { stdout, stderr, status } = runHelm(['template', 'chatbot', CHART, ...options], values)
  expect(status, stderr).toBe(0)
  return resourcesOf(stdout)
}

const only = (resources: readonly Resource[], kind: string, name = 'chatbot'): Resource => {
  const found = resources.find((resource) => resource.kind === kind && resource.metadata.name === name)
  if (found === undefined) throw new Error(`no ${kind} ${name}`)
  return found
}

const EXTERNAL = 'postgres://chatbot:x@db.example.com/chatbot'
const external = { postgres: { enabled: false }, env: { secrets: { DATABASE_URL: EXTERNAL } } }
const embedded = { postgres: { enabled: false }, replicaCount: 1 }

test('the chart has the version of the package', () => {
  expect(parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'))).toMatchObject({
    version,
    appVersion: version,
  })
})

test('the schemas find a misspelt field', () => {
  const resource = resourcesOf(
    '{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selectr: {a: b}}}',
  )
  expect(resource.flatMap(problemsOf)).toEqual([expect.stringContaining('selectr')])
})

describe.skipIf(helm === '')('the chart', () => {
  test.each(['values.yaml', 'values-minikube.yaml'])('passes a strict lint with %s', (file) => {
    const { status, stdout } = runHelm(['lint', '--strict', CHART, '--values', join(CHART, file)])
    expect(status, stdout).toBe(0)
  })

  test('every combination of its switches renders what Kubernetes 1.36 accepts, with no dangling reference', {
    timeout: 300_000,
  }, () => {
    const combinations = everyCombination()
    expect(combinations.length).toBeGreaterThan(200)
    const problems = new Set<string>()
    for (const [values, resources] of renderAll(combinations)) {
      for (const problem of [...resources.flatMap(problemsOf), ...danglingIn(resources, values)])
        problems.add(problem)
    }
    expect([...problems]).toEqual([])
  })

  test('all pods keep to restricted Pod Security, and have no token', () => {
    const pods = render({ models: { pull: ['some/model'] } }).flatMap((resource) => {
      const spec = podSpecOf(resource)
      return spec === undefined ? [] : [{ name: `${resource.kind} ${resource.metadata.name}`, spec }]
    })
    expect(pods.map(({ name }) => name).sort()).toEqual([
      'Deployment chatbot',
      'Deployment chatbot-redis',
      'Job chatbot-migrate',
      'Pod chatbot-test',
      'StatefulSet chatbot-postgres',
    ])
    for (const { name, spec } of pods) {
      expect(spec, name).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      })
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(container, name).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: { requests: { cpu: expect.anything() }, limits: { memory: expect.anything() } },
        })
      }
    }
  })

  test('a pod gets the time that its drain takes', () => {
    const rendered = render({ shutdown: { preStopSeconds: 7, drainSeconds: 40 } })
    expect(only(rendered, 'ConfigMap', 'chatbot-config')).toMatchObject({
      data: { CHATBOT_SERVER_DRAIN_MS: '40000' },
    })
    expect(podSpecOf(only(rendered, 'Deployment'))).toMatchObject({
      terminationGracePeriodSeconds: 62,
      containers: [{ lifecycle: { preStop: { sleep: { seconds: 7 } } } }],
    })
  })

  test('a change of settings or secrets rolls the pods; nothing else does', () => {
    const fixed = { auth: { secret: 's'.repeat(16) }, postgres: { password: 'a' }, redis: { password: 'b' } }
    const template = (values: Values) => only(render({ ...fixed, ...values }), 'Deployment').spec?.template
    const before = template({})
    expect(template({ replicaCount: 5 })).toEqual(before)
    expect(template({ env: { config: { CHATBOT_LOG_LEVEL: 'debug' } } })).not.toEqual(before)
    expect(template({ env: { secrets: { CHATBOT_ENGINES_X_API_KEY: 'k' } } })).not.toEqual(before)
    expect(template({ postgres: { password: 'c' } })).not.toEqual(before)
  })

  test('a password is generated once a rendering', () => {
    const rendered = render()
    const password = only(rendered, 'Secret', 'chatbot-postgres').stringData?.password ?? ''
    expect(password).toMatch(/^\w{32}$/)
    for (const name of ['chatbot-secrets', 'chatbot-migrate']) {
      expect(only(rendered, 'Secret', name).stringData).toMatchObject({
        DATABASE_URL: `postgresql://chatbot:${password}@chatbot-postgres:5432/chatbot`,
      })
    }
  })

  test('migrates before an upgrade, and before an install where the database is already there', () => {
    const hook = (values: Values) =>
      only(render(values), 'Job', 'chatbot-migrate').metadata.annotations?.['helm.sh/hook']
    expect(hook({})).toBe('pre-upgrade')
    expect(hook(external)).toBe('pre-install,pre-upgrade')
    expect(hook({ postgres: { enabled: false }, existingSecret: 'mine' })).toBe('pre-install,pre-upgrade')
    expect(() => hook(embedded)).toThrow('no Job')
  })

  test('Minikube: one pod on a NodePort', () => {
    const rendered = render({}, '--values', join(CHART, 'values-minikube.yaml'))
    expect(only(rendered, 'Service').spec).toMatchObject({ type: 'NodePort' })
    expect(only(rendered, 'Deployment').spec).toMatchObject({ replicas: 1 })
  })

  test('the Ingress keeps silent WebSockets open for an hour', () => {
    const { metadata } = only(render({ ingress: { enabled: true, host: 'chat.example.com' } }), 'Ingress')
    expect(metadata.annotations).toMatchObject({
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'haproxy.org/timeout-tunnel': '3600s',
    })
  })

  const configOf = (values: Values) => only(render(values), 'ConfigMap', 'chatbot-config').data ?? {}
  const PROXIES = 'CHATBOT_SERVER_TRUSTED_PROXIES'

  test('believes the Ingress controller, whoever else was named, and nobody without either', () => {
    const ingress = { enabled: true, host: 'chat.example.com' }
    expect(configOf({})).not.toHaveProperty(PROXIES)
    expect(configOf({ service: { type: 'NodePort' } })).not.toHaveProperty(PROXIES)
    expect(configOf({ ingress })).toHaveProperty(PROXIES, 'private')
    // Whoever comes to a node's port may have a private address, and is no proxy.
    expect(configOf({ ingress, service: { type: 'LoadBalancer' } })).not.toHaveProperty(PROXIES)
    expect(configOf({ ingress, trustedProxies: ['10.244.0.0/16', 'fd00::/8'] })).toHaveProperty(
      PROXIES,
      '10.244.0.0/16,fd00::/8',
    )
    const notes = (values: Values) =>
      runHelm(['install', 'chatbot', CHART, '--dry-run=client', '--hide-secret'], values).stdout
    const ingressFrom = [{ podSelector: { matchLabels: { app: 'nginx' } } }]
    expect(notes({ ingress })).toContain('set networkPolicy.ingressFrom to the Ingress controller')
    expect(notes({ ingress, networkPolicy: { ingressFrom } })).not.toContain('can\nspoof addresses')
  })

  test('addresses of clients are kept behind a port of the nodes where that is wanted', () => {
    expect(
      only(render({ service: { type: 'LoadBalancer', externalTrafficPolicy: 'Local' } }), 'Service').spec,
    ).toMatchObject({
      externalTrafficPolicy: 'Local',
    })
    expect(only(render(), 'Service').spec).not.toHaveProperty('externalTrafficPolicy')
  })

  test('metrics are scraped with a token of their own, made or given', () => {
    const rendered = render({ serviceMonitor: { enabled: true } })
    const token = only(rendered, 'Secret', 'chatbot-metrics').stringData?.token ?? ''
    expect(token).toMatch(/^\w{32}$/)
    expect(only(rendered, 'Secret', 'chatbot-secrets').stringData).toMatchObject({
      CHATBOT_SERVER_METRICS_TOKEN: token,
    })
    expect(only(rendered, 'ConfigMap', 'chatbot-config').data).not.toHaveProperty(
      'CHATBOT_SERVER_OPEN_METRICS',
    )
    const credentialsOf = (resources: readonly Resource[]) => only(resources, 'ServiceMonitor').spec
    expect(credentialsOf(rendered)).toMatchObject({
      endpoints: [{ authorization: { credentials: { name: 'chatbot-metrics', key: 'token' } } }],
    })
    const given = render({ serviceMonitor: { enabled: true, keySecret: 'mine' } })
    expect(credentialsOf(given)).toMatchObject({
      endpoints: [{ authorization: { credentials: { name: 'mine', key: 'key' } } }],
    })
    expect(podSpecOf(only(given, 'Deployment'))).toMatchObject({
      containers: [
        {
          env: [
            {
              name: 'CHATBOT_SERVER_METRICS_TOKEN',
              valueFrom: { secretKeyRef: { name: 'mine', key: 'key' } },
            },
          ],
        },
      ],
    })
    const known = render({
      serviceMonitor: { enabled: true },
      env: { secrets: { CHATBOT_SERVER_METRICS_TOKEN: 'of-the-installation' } },
    })
    expect(credentialsOf(known)).toMatchObject({
      endpoints: [
        { authorization: { credentials: { name: 'chatbot-secrets', key: 'CHATBOT_SERVER_METRICS_TOKEN' } } },
      ],
    })
    expect(render().map(({ metadata }) => metadata.name)).not.toContain('chatbot-metrics')
  })

  test('the notes say how to reach it', () => {
    const notes = (values: Values) =>
      runHelm(['install', 'chatbot', CHART, '--dry-run=client', '--hide-secret'], values).stdout
    expect(notes({})).toContain('port-forward service/chatbot 7474')
    expect(notes({ service: { type: 'NodePort' } })).toContain('minikube service chatbot')
    expect(notes({ ingress: { enabled: true, host: 'a.example.com' } })).toContain('http://a.example.com')
    expect(notes(embedded)).toContain('loses it when it is replaced')
  })

  test.each<[name: string, values: Values, message: RegExp]>([
    ['a misspelt key', { replicas: 3 }, /additional properties 'replicas' not allowed/],
    ['a misspelt nested key', { postgres: { enable: true } }, /at '\/postgres': .*'enable' not allowed/],
    ['a number as text', { replicaCount: 'two' }, /at '\/replicaCount': got string, want integer/],
    ['negative replicas', { replicaCount: -1 }, /at '\/replicaCount': minimum/],
    ['a switch as text', { redis: { enabled: 'please' } }, /at '\/redis\/enabled': got string, want boolean/],
    [
      'several pods on the embedded database',
      { postgres: { enabled: false } },
      /at '\/replicaCount': value must be .*more only with PostgreSQL/,
    ],
    [
      'autoscaling on the embedded database',
      { ...embedded, autoscaling: { enabled: true } },
      /at '\/autoscaling\/enabled': .*true only with PostgreSQL/,
    ],
    [
      'several pods on one volume',
      { ...external, persistence: { enabled: true } },
      /at '\/replicaCount': .*one pod holds the volume/,
    ],
    [
      'bundled and external PostgreSQL',
      { env: { secrets: { DATABASE_URL: EXTERNAL } } },
      /at '\/env\/secrets\/DATABASE_URL': .*postgres\.enabled=false/,
    ],
    [
      'bundled and external Redis',
      { env: { secrets: { REDIS_URL: 'redis://x' } } },
      /at '\/env\/secrets\/REDIS_URL': .*redis\.enabled=false/,
    ],
    [
      'another database',
      { postgres: { enabled: false }, env: { secrets: { DATABASE_URL: 'mysql://x' } } },
      /'mysql:\/\/x' does not match pattern/,
    ],
    ['a secret among the settings', { env: { config: { DATABASE_URL: EXTERNAL } } }, /invalid propertyName/],
    [
      'an API key among the settings',
      { env: { config: { CHATBOT_ENGINES_X_API_KEY: 'k' } } },
      /a secret belongs to env\.secrets/,
    ],
    ['what the chart sets', { env: { config: { CHATBOT_SERVER_PORT: 80 } } }, /the chart sets it/],
    [
      'proxies among the settings',
      { env: { config: { CHATBOT_SERVER_TRUSTED_PROXIES: 'private' } } },
      /the chart sets it/,
    ],
    ['a proxy by name', { trustedProxies: ['ingress.example.com'] }, /at '\/trustedProxies\/0'/],
    ['a short token for metrics', { serviceMonitor: { token: 'short' } }, /at '\/serviceMonitor\/token'/],
    ['a list as a setting', { env: { config: { CHATBOT_LOG_LEVEL: ['a'] } } }, /got array, want/],
    ['an empty secret', { env: { secrets: { CHATBOT_X: '' } } }, /at '\/env\/secrets\/CHATBOT_X': minLength/],
    ['an unknown service type', { service: { type: 'External' } }, /value must be one of 'ClusterIP'/],
    ['a node port without NodePort', { service: { nodePort: 30080 } }, /value must be one of 'NodePort'/],
    [
      'a node port out of range',
      { service: { type: 'NodePort', nodePort: 80 } },
      /at '\/service\/nodePort': minimum/,
    ],
    ['an Ingress without a host', { ingress: { enabled: true } }, /at '\/ingress\/host': minLength/],
    [
      'an Ingress with a URL',
      { ingress: { enabled: true, host: 'https://x' } },
      /'https:\/\/x' does not match/,
    ],
    [
      'a short WebSocket timeout',
      { ingress: { timeoutSeconds: 5 } },
      /at '\/ingress\/timeoutSeconds': minimum/,
    ],
    [
      'a unit that Kubernetes does not know',
      { resources: { limits: { memory: '2GB' } } },
      /at '\/resources\/limits\/memory': '2GB' does not match/,
    ],
    ['an unknown pull policy', { image: { pullPolicy: 'never' } }, /value must be one of 'Always'/],
    ['a tag with a space', { image: { tag: 'a b' } }, /at '\/image\/tag': 'a b' does not match/],
    ['a digest without its algorithm', { image: { digest: 'abc' } }, /at '\/image\/digest'/],
    ['a password that a URL cannot hold', { postgres: { password: 'a@b' } }, /at '\/postgres\/password'/],
    ['PostgreSQL as root', { postgres: { runAsUser: 0 } }, /at '\/postgres\/runAsUser': minimum/],
    [
      'a size without a unit',
      { postgres: { persistence: { size: '10' } } },
      /at '\/postgres\/persistence\/size'/,
    ],
    [
      'fewer pods at most than at least',
      { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 2 } },
      /minReplicas is larger than autoscaling\.maxReplicas/,
    ],
    [
      'a disruption budget of nothing',
      { podDisruptionBudget: { maxUnavailable: 0 } },
      /at '\/podDisruptionBudget\/maxUnavailable': minimum/,
    ],
    [
      'annotations that are no text',
      { podAnnotations: { a: true } },
      /at '\/podAnnotations\/a': got boolean/,
    ],
  ])('refuses %s', (_name, values, message) => {
    const { status, stderr } = runHelm(['template', 'chatbot', CHART], values)
    expect(status).not.toBe(0)
    expect(stderr).toMatch(message)
  })
})

type Axis = readonly Values[]

function everyCombination(): Values[] {
  const peer = { podSelector: { matchLabels: { a: 'b' } } }
  const axes: Axis[] = [
    [
      { postgres: { enabled: true, password: 'p' } },
      { postgres: { enabled: true, password: 'p', persistence: { enabled: false } } },
      external,
      { postgres: { enabled: false }, existingSecret: 'given' },
      embedded,
    ],
    [{ redis: { enabled: true, password: 'r' } }, { redis: { enabled: false } }],
    [
      {},
      { autoscaling: { enabled: true } },
      { replicaCount: 1, persistence: { enabled: true } },
      { replicaCount: 1, persistence: { enabled: true, existingClaim: 'given' } },
    ],
    [
      {},
      { networkPolicy: { enabled: false } },
      {
        networkPolicy: { restrictEgress: true, ingressFrom: [peer], egressTo: [{ to: [peer] }] },
        models: { existingClaim: 'given', pull: ['some/model'] },
        service: { type: 'LoadBalancer' },
      },
    ],
    [
      {},
      {
        migrate: { enabled: false },
        podDisruptionBudget: { enabled: false },
        serviceAccount: { create: false },
        serviceMonitor: { enabled: true, labels: { a: 'b' } },
        ingress: { enabled: true, host: 'a.example.com', tlsSecret: 'given', className: 'nginx' },
      },
    ],
  ]
  return axes
    .reduce<Values[]>(
      (all, axis) => all.flatMap((left) => axis.map((right) => ({ ...left, ...right }))),
      [{}],
    )
    .filter((values) => !(isEmbedded(values) && values.autoscaling !== undefined))
    .map((values) => (isEmbedded(values) ? { ...values, replicaCount: 1 } : values))
}

const isEmbedded = (values: Values) =>
  values.postgres === embedded.postgres && values.env === undefined && values.existingSecret === undefined

/** All of them in one run of helm, as dependencies of a chart made for it: a process for each would take minutes. */
function* renderAll(combinations: readonly Values[]): Generator<[Values, Resource[]]> {
  const umbrella = join(dir, 'umbrella')
  mkdirSync(join(umbrella, 'charts'), { recursive: true })
  cpSync(CHART, join(umbrella, 'charts/chatbot'), { recursive: true })
  const names = combinations.map((_, index) => `c${index}`)
  const dependencies = names.map((alias) => ({ name: 'chatbot', version, alias }))
  writeFileSync(
    join(umbrella, 'Chart.yaml'),
    stringify({ apiVersion: 'v2', name: 'umbrella', version: '1.0.0', dependencies }),
  )
  const common = { auth: { secret: 's'.repeat(16) }, nameOverride: 'chatbot', fullnameOverride: 'chatbot' }
  const values = Object.fromEntries(names.map((name, index) => [name, { ...common, ...combinations[index] }]))
  writeFileSync(join(umbrella, 'values.yaml'), stringify(values, { aliasDuplicateObjects: false }))
  const text = execFileSync(helm, ['template', 'chatbot', umbrella], { encoding: 'utf8', maxBuffer: 1 << 30 })
  const byName = new Map<string, Resource[]>()
  const parsed = new Map<string, Resource[]>()
  for (const piece of text.split(/^---\n/m)) {
    const [, name] = /^# Source: umbrella\/charts\/(c\d+)\//.exec(piece) ?? []
    if (name === undefined) continue
    // Most pieces are equal: what differs is the name of the dependency.
    const body = piece.replace(/^# Source.*\n/, '').replaceAll(`chart: ${name}-`, 'chart: chatbot-')
    const resources = parsed.get(body) ?? resourcesOf(body)
    parsed.set(body, resources)
    byName.set(name, [...(byName.get(name) ?? []), ...resources])
  }
  for (const [index, name] of names.entries()) yield [combinations[index] ?? {}, byName.get(name) ?? []]
}

/** Names that a combination refers to, but neither makes nor was given. */
function danglingIn(resources: readonly Resource[], values: Values): string[] {
  const made = new Set(resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  const known = (kind: string, name: string) =>
    name === 'given' || name === 'default' || made.has(`${kind} ${name}`)
  return resources.flatMap((resource) => {
    const spec = podSpecOf(resource)
    if (spec === undefined) return []
    const hook = resource.metadata.annotations?.['helm.sh/hook'] ?? ''
    const wanted: [string, string][] = [
      ...(spec.serviceAccountName === undefined
        ? []
        : [['ServiceAccount', spec.serviceAccountName] as [string, string]]),
      ...[...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) =>
        (container.envFrom ?? []).flatMap(({ configMapRef, secretRef }): [string, string][] => [
          ...(configMapRef === undefined ? [] : [['ConfigMap', configMapRef.name] as [string, string]]),
          ...(secretRef === undefined ? [] : [['Secret', secretRef.name] as [string, string]]),
        ]),
      ),
      ...(spec.volumes ?? []).flatMap(({ persistentVolumeClaim, configMap }): [string, string][] => [
        ...(persistentVolumeClaim === undefined
          ? []
          : [['PersistentVolumeClaim', persistentVolumeClaim.claimName] as [string, string]]),
        ...(configMap === undefined ? [] : [['ConfigMap', configMap.name] as [string, string]]),
      ]),
    ]
    const missing = wanted
      .filter(([kind, name]) => !known(kind, name))
      .map(([kind, name]) => `${kind} ${name}`)
    // A hook runs before what is no hook exists.
    const early =
      hook.includes('pre-install') &&
      wanted.some(([, name]) => name !== 'given' && name !== 'chatbot-migrate')
    return [
      ...missing.map(
        (name) => `${resource.kind} ${resource.metadata.name} wants ${name} with ${JSON.stringify(values)}`,
      ),
      ...(early ? [`the hook ${resource.metadata.name} wants what does not exist yet`] : []),
    ]
  })
}
