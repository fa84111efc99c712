/**
 * Which folder may import which: `npm run architecture` checks it, and test/house/architecture.test.ts plants a violation
 * of every rule. CONTRIBUTING.md has the map.
 */

/** The layers, from the bottom up: a folder imports only from layers below its own, and from its NEIGHBOURS. */
export const LAYERS = [
  ['src/domain'],
  ['src/text', 'src/protocol', 'src/api', 'src/config', 'src/telemetry', 'drizzle'],
  ['src/ports'],
  ['src/store', 'src/redis', 'src/fetch', 'models'],
  ['src/talk', 'src/catalogue', 'src/retrieval', 'src/generate', 'src/cache', 'src/ingest'],
  ['src/pipeline'],
  ['src/answers', 'src/jobs', 'src/backup', 'src/auth', 'src/limits'],
  ['src/client'],
  ['src/mcp', 'src/terminal', 'src/tui', 'src/evaluation', 'src/deploy', 'src/doctor'],
  ['commands', 'daemon'],
]

/** Folders that another one on the same layer may import. */
const NEIGHBOURS = {
  'src/api': ['src/protocol', 'src/text'],
  'src/config': ['src/protocol'],
  drizzle: ['src/text'],
  'src/catalogue': ['src/talk'],
  'src/cache': ['src/retrieval'],
  'src/answers': ['src/limits'],
  'src/backup': ['src/auth'],
  'src/tui': ['src/terminal'],
  commands: ['daemon'],
}

const inside = (folder) => `^${folder}/`

const layers = LAYERS.flatMap((folders, layer) =>
  folders.map((folder) => ({
    name: `layers:${folder}`,
    comment: 'a folder imports only from layers below its own',
    severity: 'error',
    from: { path: inside(folder) },
    to: {
      path: LAYERS.slice(layer)
        .flat()
        .filter((other) => other !== folder && !(NEIGHBOURS[folder] ?? []).includes(other))
        .map(inside),
    },
  })),
).filter(({ to }) => to.path.length > 0)

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layers,
    {
      name: 'every-folder-has-a-layer',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models|drizzle)/', pathNot: LAYERS.flat().map(inside) },
      to: {},
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'domain-imports-nothing',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'models-know-no-product',
      severity: 'error',
      from: { path: '^models/' },
      to: { path: '^src/', pathNot: '^src/(domain/|ports/|config/package-root\\.ts|text/amounts\\.ts)' },
    },
    {
      name: 'daemon-is-run-by-its-commands',
      comment: 'the daemon in the foreground, and what is done while it is stopped',
      severity: 'error',
      from: { path: '^commands/' },
      to: { path: '^daemon/', pathNot: '^daemon/(run|migrate)\\.ts$' },
    },
    {
      name: 'tui-belongs-to-chat',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^(src/tui/|commands/chat\\.ts)' },
      to: { path: '^src/tui/' },
    },
    {
      name: 'only-the-store-speaks-sql',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^(src/store/|daemon/pglite/)' },
      to: { path: '^drizzle/|node_modules/(drizzle-orm|pg|pgvector)/' },
    },
    {
      name: 'the-store-is-reached-through-its-ports',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^src/store/' },
      to: { path: '^src/store/', pathNot: '^src/store/open\\.ts$' },
    },
    {
      name: 'only-src-redis-speaks-to-redis',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^src/(redis/|config/redis-address\\.ts)' },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models|drizzle)/' },
      to: { path: '^(test|bench|examples|docs)/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
