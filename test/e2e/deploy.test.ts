/** `chatbot deploy` with stand-ins for docker, minikube and kubectl, and the real helm for what needs no cluster. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/config/package-root.ts'
import { rollOut } from '../../src/deploy/helm.ts'
import { ChatbotError } from '../../src/domain/errors.ts'
import { execute, type Finished, type Workspace, workspace } from '../support/cli.ts'
import { problemsOf, resourcesOf } from '../support/kubernetes.ts'
import { type Scenario, type StandIns, standIns } from '../support/stand-ins.ts'

const ALL = ['docker', 'minikube', 'kubectl', 'helm']
const PLACE = 'chatbot in namespace chatbot of context'

let space: Workspace
beforeAll(async () => {
  space = await workspace({ database: 'none' })
})
afterAll(() => space[Symbol.asyncDispose]())

const pod = (name: string, component: string, status: object) => ({
  metadata: { name, labels: { 'app.kubernetes.io/component': component } },
  spec: { containers: [{ image: 'chatbot:x' }] },
  status,
})
const READY = pod('chatbot-1', 'daemon', {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ restartCount: 0, state: {}, lastState: {} }],
})
const PULLING = pod('chatbot-2', 'daemon', {
  phase: 'Pending',
  containerStatuses: [
    {
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "chatbot:x"' } },
      lastState: {},
    },
  ],
})
const MIGRATION = pod('chatbot-migrate-1', 'migrate', {
  phase: 'Failed',
  containerStatuses: [
    { restartCount: 0, state: { terminated: { reason: 'Error', exitCode: 3 } }, lastState: {} },
  ],
})
const pods = (...items: object[]) => JSON.stringify({ items })
const revision = (number: number, status: string) => ({
  revision: number,
  status,
  updated: '2026-11-23T00:00:00Z',
  chart: 'chatbot-0.1.0',
})
const revisions = (...all: object[]) => JSON.stringify(all)
const SERVICE = JSON.stringify({
  items: [{ metadata: { name: 'chatbot' }, spec: { type: 'NodePort', ports: [{ port: 7474 }] } }],
})

const tools: Scenario = [
  { call: '^kubectl version --client', stdout: '{"clientVersion":{"gitVersion":"v1.36.0"}}' },
  { call: '^minikube version', stdout: 'v1.37.0' },
  { call: '^docker version .*Client', stdout: '28.2.2' },
  { call: '^docker version .*Server', stdout: '28.2.2' },
  { call: '^docker compose version', stdout: '2.40.0' },
]
const cluster: Scenario = [
  ...tools,
  { call: '^kubectl --context \\S+ version', stdout: '{"serverVersion":{"gitVersion":"v1.36.3"}}' },
  { call: '^kubectl .* get services ', stdout: SERVICE },
  { call: '^kubectl .* get ingress ', code: 1 },
]
const works: Scenario = [
  ...cluster,
  { call: '^helm history', after: '"helm upgrade', stdout: revisions(revision(1, 'deployed')) },
  { call: '^helm history', code: 1, stderr: 'Error: release: not found' },
  { call: '^helm upgrade' },
  { call: '^kubectl .* get pods ', stdout: pods(READY) },
]
const minikube: Scenario = [
  { call: '^minikube status', stdout: '{"Host":"Running","Kubelet":"Running","APIServer":"Running"}' },
  { call: '^minikube image ls', stdout: 'registry.k8s.io/pause:3.10\n' },
  { call: '^minikube service', stdout: 'http://192.168.49.2:30123\n' },
]

/** Runs `chatbot deploy …` against a scenario. */
async function deploy(
  standing: StandIns,
  scenario: Scenario,
  args: readonly string[],
): Promise<Finished & { calls: { line: string; input?: string | undefined }[] }> {
  standing.play(scenario)
  const finished = await space.run(['deploy', ...args], { env: standing.env })
  return { ...finished, calls: standing.calls() }
}

describe.skipIf(process.env.HELM_TEST === undefined)('deploy', { timeout: 300_000 }, () => {
  let standing: StandIns
  beforeAll(() => {
    standing = standIns(ALL)
  })
  afterAll(() => standing[Symbol.dispose]())

  test('minikube: builds, loads, installs, and says where it is', async () => {
    const scenario: Scenario = [
      ...minikube,
      { call: '^docker image inspect', code: 1 },
      { call: '^docker build' },
      { call: '^minikube image load' },
      ...works,
    ]
    const { code, stdout, stderr, calls } = await deploy(standing, scenario, ['minikube'])
    expect(code, stderr).toBe(0)
    const [, image = ''] = /Building (chatbot:\S+) /.exec(stderr) ?? []
    expect(image).toMatch(/^chatbot:0\.1\.0-[0-9a-f]{10}$/)
    const lines = calls.map(({ line }) => line)
    expect(lines.find((line) => line.startsWith('docker build'))).toMatch(
      new RegExp(`--file \\S+/deploy/docker/Dockerfile .*--tag ${image} /`),
    )
    expect(lines).toContain(`minikube image load --profile minikube ${image}`)
    const upgrade = calls.find(({ line }) => line.startsWith('helm upgrade'))
    expect(upgrade?.line).toMatch(
      /^helm upgrade --install chatbot \S+\/deploy\/helm\/chatbot --kube-context minikube --namespace chatbot --create-namespace --reset-then-reuse-values --wait --timeout 10m --values \S+values-minikube\.yaml --values -$/,
    )
    expect(upgrade?.input).toBe(`image:\n  repository: chatbot\n  tag: ${image.split(':')[1]}\n`)
    expect(lines).toContain('minikube service chatbot --namespace chatbot --profile minikube --url')
    expect(stderr).toContain(`${PLACE} minikube`)
    expect(stdout).toContain('chatbot chat --server http://192.168.49.2:30123 --allow-insecure')
    expect(stdout).toContain('kubectl --context minikube --namespace chatbot exec deployment/chatbot --')

    const again = await deploy(
      standing,
      [{ call: '^minikube image ls', stdout: `docker.io/library/${image}\n` }, ...scenario],
      ['minikube', '--json'],
    )
    expect(JSON.parse(again.stdout)).toMatchObject({ revision: 1, image, url: 'http://192.168.49.2:30123' })
    expect(again.calls.filter(({ line }) => /build|load/.test(line))).toEqual([])
  })

  test('minikube: builds inside it where there is no container engine', async () => {
    using few = standIns(['minikube', 'kubectl', 'helm'])
    const { code, stderr, calls } = await deploy(
      few,
      [...minikube, { call: '^minikube image build' }, ...works],
      ['minikube', '--profile', 'other'],
    )
    expect(code, stderr).toBe(0)
    expect(calls.map(({ line }) => line).find((line) => line.startsWith('minikube image build'))).toMatch(
      /^minikube image build --profile other --tag chatbot:\S+ --file deploy\/docker\/Dockerfile \//,
    )
  })

  test('minikube --with-data moves documents by backup and restore', async () => {
    space.write({ 'tea.md': '# Tea\n\nTea is drunk at five.\n' })
    expect((await space.run(['ingest', 'tea.md'])).code).toBe(0)
    const scenario: Scenario = [
      ...minikube,
      { call: '^docker image inspect' },
      { call: '^minikube image load' },
      { call: '^kubectl .* exec --stdin deployment/chatbot --container chatbot -- chatbot restore - --yes' },
      ...works,
    ]
    const { code, stderr, calls } = await deploy(standing, scenario, ['minikube', '--with-data'])
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(`Restoring 1 document`)
    const archive = calls.find(({ line }) => line.includes('restore'))?.input ?? ''
    expect(gunzipSync(Buffer.from(archive, 'latin1')).toString('utf8')).toContain('Tea is drunk at five.')
  })

  test('helm: the plan is shown with secrets masked, and nothing is called', async () => {
    const { code, stdout, calls } = await deploy(
      standing,
      [],
      [
        'helm',
        '--dry-run',
        '--set',
        'postgres.password=open-sesame',
        '--image',
        'registry.example.com/chatbot:7',
      ],
    )
    expect(code).toBe(0)
    expect(stdout).toContain('image: registry.example.com/chatbot:7')
    expect(stdout).toContain('DATABASE_URL: "********"')
    expect(stdout).not.toContain('open-sesame')
    expect(calls.map(({ line }) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'helm version',
      'helm template',
    ])
  })

  test('helm: asks before it touches the current context, which it names', async () => {
    const scenario: Scenario = [{ call: '^kubectl config current-context', stdout: 'production\n' }, ...works]
    const asked = await deploy(standing, scenario, ['helm'])
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining(`${PLACE} production`) })
    expect(asked.calls.filter(({ line }) => line.startsWith('helm upgrade'))).toEqual([])
    expect(await deploy(standing, scenario, ['helm', '--yes'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('port-forward service/chatbot 7474:7474'),
    })
  })

  test.each<[name: string, args: string[], scenario: Scenario, code: number, message: RegExp]>([
    [
      'wrong values',
      ['helm', '--context', 'c', '--set', 'replicaCount=two'],
      works,
      2,
      /at '\/replicaCount'/,
    ],
    [
      'a cluster that does not answer',
      ['helm', '--context', 'staging'],
      [...tools, { call: '^kubectl --context staging version', code: 1, stderr: 'connection refused' }],
      5,
      /The cluster of context staging does not respond: connection refused/,
    ],
    [
      'a Minikube that does not run',
      ['minikube'],
      [{ call: '^minikube status', code: 7, stdout: '{"Host":"Stopped","APIServer":"Stopped"}' }, ...works],
      5,
      /profile minikube is not running \(host Stopped, API server Stopped\)\. Start it: minikube start/,
    ],
    [
      'no context',
      ['helm'],
      [{ call: '^kubectl config current-context', code: 1 }, ...works],
      2,
      /kubectl has no current context/,
    ],
    [
      'an old kubectl',
      ['helm', '--context', 'c'],
      [{ call: '^kubectl version --client', stdout: '"gitVersion": "v1.20.1"' }],
      3,
      /kubectl v1\.20\.1 is too old: 1\.28 or newer is needed/,
    ],
    [
      'an image that does not build',
      ['minikube'],
      [
        ...minikube,
        { call: '^docker image inspect', code: 1 },
        { call: '^docker build', code: 1, stderr: 'no space left' },
        ...works,
      ],
      1,
      /`docker build.*` failed with status 1: no space left/,
    ],
    [
      'an image that does not load',
      ['minikube'],
      [
        ...minikube,
        { call: '^docker image inspect' },
        { call: '^minikube image load', code: 80, stderr: 'GUEST_IMAGE_LOAD' },
        ...works,
      ],
      1,
      /`minikube image load` failed with status 80: GUEST_IMAGE_LOAD/,
    ],
    [
      'a first rollout that takes too long',
      ['helm', '--context', 'c', '--timeout', '5s'],
      [
        ...cluster,
        { call: '^helm history', code: 1, stderr: 'release: not found' },
        { call: '^helm upgrade', code: 1, stderr: 'Error: context deadline exceeded' },
        { call: '^kubectl .* get pods ', stdout: pods(PULLING) },
        { call: '^kubectl .* logs ', code: 1 },
      ],
      7,
      /not ready after 5s[\s\S]*chatbot-2 \(chatbot:x\): ImagePullBackOff: Back-off pulling image[\s\S]*deploy down/,
    ],
    [
      'a migration that fails: the upgrade is rolled back',
      ['helm', '--context', 'c'],
      [
        ...cluster,
        { call: '^helm history', stdout: revisions(revision(3, 'deployed'), revision(4, 'failed')) },
        {
          call: '^helm upgrade',
          code: 1,
          stderr: 'Error: UPGRADE FAILED: pre-upgrade hooks failed: job chatbot-migrate failed',
        },
        { call: '^helm rollback chatbot 3 --kube-context c --namespace chatbot --wait' },
        { call: '^kubectl .* get pods ', stdout: pods(READY, MIGRATION) },
        { call: '^kubectl .* logs chatbot-migrate-1 ', stdout: 'database_newer: the schema is newer\n' },
      ],
      1,
      /pre-upgrade hooks failed[\s\S]*chatbot-migrate-1[\s\S]*it ended with 3\n {4}database_newer: the schema is newer[\s\S]*Rolled back to revision 3/,
    ],
    [
      'a rollback that fails too',
      ['helm', '--context', 'c'],
      [
        ...cluster,
        { call: '^helm history', stdout: revisions(revision(3, 'deployed')) },
        { call: '^helm upgrade', code: 1, stderr: 'Error: UPGRADE FAILED: forbidden' },
        { call: '^helm rollback', code: 1, stderr: 'Error: forbidden' },
        { call: '^kubectl .* get pods ', stdout: pods(READY) },
      ],
      1,
      /The rollback to revision 3 failed too: Error: forbidden/,
    ],
    [
      'a rollback without an earlier revision',
      ['rollback', '--target', 'helm', '--context', 'c', '--yes'],
      [...cluster, { call: '^helm history', stdout: revisions(revision(1, 'deployed')) }],
      9,
      /has no earlier revision/,
    ],
    [
      'a removal without consent',
      ['down', '--target', 'helm', '--context', 'c', '--delete-data'],
      cluster,
      2,
      /This removes chatbot in namespace chatbot of context c WITH ALL ITS DATA\. Without a terminal, confirm with --yes/,
    ],
  ])('says what is wrong: %s', async (_name, args, scenario, code, message) => {
    const finished = await deploy(standing, scenario, args)
    expect(finished.stderr).toMatch(message)
    expect(finished.code).toBe(code)
  })

  test.each([
    ['helm', ['helm', '--dry-run'], /helm is needed and not installed\. Get it from https:\/\/helm\.sh/],
    ['kubectl', ['helm', '--context', 'c'], /kubectl is needed and not installed/],
    ['minikube', ['minikube'], /minikube is needed and not installed/],
    ['docker', ['compose'], /docker is needed and not installed/],
  ])('says where to get %s', async (tool, args, message) => {
    using few = standIns(ALL.filter((name) => name !== tool))
    const { code, stderr } = await deploy(few, tools, args)
    expect(stderr).toMatch(message)
    expect(code).toBe(3)
  })

  test('a pod that can never start ends the rollout before its time', async () => {
    standing.play([
      { call: '^helm history', stdout: revisions(revision(1, 'deployed')) },
      { call: '^helm upgrade', hangs: true },
      { call: '^helm rollback' },
      { call: '^kubectl .* get pods ', stdout: pods(PULLING) },
      { call: '^kubectl .* logs ', code: 1 },
    ])
    const before = process.env
    process.env = { ...before, ...standing.env }
    try {
      const failing = rollOut({
        place: { context: 'c', namespace: 'n', release: 'r' },
        settings: { files: [], set: [] },
        timeout: '10m',
        signal: new AbortController().signal,
        patienceMs: 100,
        onPod: () => undefined,
        onProgress: () => undefined,
      })
      await expect(failing).rejects.toThrow(
        /pods cannot start[\s\S]*ImagePullBackOff[\s\S]*Rolled back to revision 1/,
      )
      await expect(failing).rejects.toBeInstanceOf(ChatbotError)
    } finally {
      process.env = before
    }
  })

  test('status, logs, rollback and down of what was deployed last', async () => {
    const scenario: Scenario = [
      { call: '^helm history', stdout: revisions(revision(1, 'superseded'), revision(2, 'deployed')) },
      { call: '^helm (rollback|uninstall)' },
      { call: '^kubectl .* logs ', stdout: '[pod/chatbot-1] {"msg":"daemon ready"}\n' },
      { call: '^kubectl .* delete ' },
      ...works,
    ]
    expect((await deploy(standing, scenario, ['helm', '--context', 'staging'])).code).toBe(0)
    const status = await deploy(standing, scenario, ['status'])
    expect(status).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${PLACE} staging is ready: revision 2`),
    })
    expect(status.stdout).toContain('chatbot-1')
    const unwell = await deploy(
      standing,
      [{ call: 'get pods', stdout: pods(PULLING) }, ...scenario],
      ['status', '--json'],
    )
    expect(unwell.code).toBe(1)
    expect(JSON.parse(unwell.stdout)).toMatchObject({ ready: false, pods: [{ state: 'ImagePullBackOff' }] })
    const logs = await deploy(standing, scenario, ['logs', '--tail', '5'])
    expect(logs.stdout).toContain('daemon ready')
    expect(logs.calls.at(-1)?.line).toContain('--context staging --namespace chatbot logs')
    const rollback = await deploy(standing, scenario, ['rollback', '--yes'])
    expect(rollback.calls.at(-1)?.line).toMatch(/^helm rollback chatbot 1 --kube-context staging/)
    const down = await deploy(standing, scenario, ['down', '--yes', '--delete-data'])
    expect(down.calls.map(({ line }) => line).filter((line) => /uninstall|delete/.test(line))).toEqual([
      'helm uninstall chatbot --kube-context staging --namespace chatbot --wait',
      expect.stringContaining(
        'delete persistentvolumeclaims,secrets --selector app.kubernetes.io/instance=chatbot',
      ),
    ])
    expect((await deploy(standing, scenario, ['status'])).stderr).toContain('Nothing was deployed from here')
  })

  test('compose: secrets are made once, closed to others; a failed change goes back to what ran', async () => {
    const running = JSON.stringify({
      Name: 'chatbot-chatbot-1',
      Service: 'chatbot',
      State: 'running',
      Health: 'healthy',
    })
    const up: Scenario = [
      { call: '^docker compose .* up ' },
      { call: '^docker compose .* ps ', stdout: `${running}\n` },
      ...tools,
    ]
    const first = await deploy(standing, up, ['compose', '--image', 'chatbot:1', '--replicas', '2'])
    expect(first.code, first.stderr).toBe(0)
    expect(first.calls.map(({ line }) => line)).toContainEqual(
      expect.stringMatching(
        /^docker compose --project-name chatbot --file \S+compose\.yaml up --detach --wait/,
      ),
    )
    expect(first.stdout).toContain('http://127.0.0.1:7474, http://127.0.0.1:7475')
    const folder = join(space.dir, 'home/.config/chatbot/deploy/compose')
    const secrets = () =>
      readdirSync(join(folder, 'secrets')).map((name) => readFileSync(join(folder, 'secrets', name), 'utf8'))
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'variables.json')).mode & 0o777).toBe(0o600)
    const before = secrets()
    expect(before).toHaveLength(7)
    const failing = await deploy(
      standing,
      [
        { call: '^docker compose .* up ', after: 'up --detach.*\\n[\\s\\S]*logs' },
        { call: '^docker compose .* up ', code: 1, stderr: 'container chatbot-chatbot-1 is unhealthy' },
        {
          call: '^docker compose .* ps ',
          stdout: JSON.stringify({
            Name: 'chatbot-chatbot-1',
            Service: 'chatbot',
            State: 'exited',
            ExitCode: 3,
          }),
        },
        { call: '^docker compose .* logs ', stdout: 'database_newer\n' },
        ...tools,
      ],
      ['compose', '--image', 'chatbot:2'],
    )
    expect(failing.code).toBe(1)
    expect(failing.stderr).toMatch(
      /exited with 3\n {4}database_newer[\s\S]*Went back to chatbot:1, which is running/,
    )
    expect(secrets()).toEqual(before)
    const down = await deploy(
      standing,
      [{ call: '^docker compose .* down ' }, ...tools],
      ['down', '--yes', '--delete-data'],
    )
    expect(down.calls.at(-1)?.line).toMatch(/--profile \* down --remove-orphans --volumes$/)
    expect(readdirSync(join(folder, '..'))).toEqual([])
  })

  test('doctor says what is ready and what is missing', async () => {
    using few = standIns(['kubectl', 'helm'])
    const scenario: Scenario = [{ call: '^kubectl config current-context', stdout: 'staging' }, ...cluster]
    const { code, stdout } = await deploy(few, scenario, ['doctor', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).targets).toEqual({
      compose: false,
      helm: true,
      minikube: false,
      manifests: true,
    })
    expect(stdout).toContain('https://minikube.sigs.k8s.io')
  })

  test('deploy/k8s is what `chatbot deploy manifests` writes, and its commands apply it in order', async () => {
    const out = mkdtempSync(join(tmpdir(), 'manifests-'))
    try {
      expect((await deploy(standing, [], ['manifests', '--output', out])).code).toBe(0)
      const shipped = join(packageRoot(), 'deploy/k8s')
      const read = (dir: string) =>
        readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')])
      expect(read(out)).toEqual(read(shipped))
      const files = readdirSync(out).filter((name) => name.endsWith('.yaml'))
      const resources = files.flatMap((name) => resourcesOf(readFileSync(join(out, name), 'utf8')))
      expect(resources.flatMap(problemsOf)).toEqual([])

      standing.play([
        { call: 'get secret', code: 1 },
        { call: '^kubectl (apply|-n chatbot (rollout|port-forward))' },
      ])
      const script = `require('child_process').execFileSync('bash', ['-e', 'help-command.txt'], { cwd: ${JSON.stringify(out)}, stdio: 'inherit' })`
      const { code, stderr } = await execute(['-e', script], { env: { ...process.env, ...standing.env } })
        .finished
      expect(code, stderr).toBe(0)
      const calls = standing.calls()
      expect(calls.map(({ line }) => line)).toEqual([
        'kubectl apply -f 00-namespace.yaml',
        'kubectl -n chatbot get secret chatbot-secrets',
        'kubectl apply -f -',
        'kubectl apply -f 20-configmap.yaml',
        'kubectl apply -f 30-postgres.yaml',
        'kubectl -n chatbot rollout status statefulset/chatbot-postgres',
        'kubectl apply -f 40-redis.yaml',
        'kubectl -n chatbot rollout status deployment/chatbot-redis',
        'kubectl apply -f 50-app.yaml',
        'kubectl -n chatbot rollout status deployment/chatbot',
        'kubectl -n chatbot port-forward service/chatbot 7474',
      ])
      const secrets = calls[2]?.input ?? ''
      expect(secrets).not.toContain('REPLACE')
      const [, password] = /chatbot:([0-9a-f]{48})@/.exec(secrets) ?? []
      expect(secrets).toContain(`password: "${password}"`)
    } finally {
      rmSync(out, { recursive: true, force: true })
    }
  })
})
