/** Which folder may import which: `npm run architecture` checks it, test/unit/architecture.test.ts plants a violation. */
const outside = (...folders) => ({ path: `^(${folders.join('|')})/` })

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
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
      name: 'src-knows-no-process',
      severity: 'error',
      from: { path: '^src/' },
      to: outside('commands', 'daemon', 'models'),
    },
    {
      name: 'models-know-only-the-domain',
      severity: 'error',
      from: { path: '^models/' },
      to: { path: '^(commands|daemon|drizzle|src)/', pathNot: '^src/(domain/|config/package-root\\.ts)' },
    },
    {
      name: 'daemon-knows-no-commands',
      severity: 'error',
      from: { path: '^daemon/' },
      to: outside('commands'),
    },
    {
      name: 'commands-launch-the-daemon-and-nothing-more-of-it',
      severity: 'error',
      from: { path: '^commands/' },
      to: { path: '^daemon/', pathNot: '^daemon/(launch|run|data-dir|migrate)\\.ts$' },
    },
    {
      name: 'tui-belongs-to-chat',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^(src/tui/|commands/chat\\.ts)' },
      to: outside('src/tui'),
    },
    {
      name: 'only-the-store-speaks-sql',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^(src/store/|daemon/pglite)' },
      to: { path: '^drizzle/|node_modules/(drizzle-orm|pg|pgvector)/' },
    },
    {
      name: 'the-store-is-reached-through-its-ports',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^src/store/' },
      to: { path: '^src/store/', pathNot: '^src/store/(open|store|ports/[a-z-]+)\\.ts$' },
    },
    {
      name: 'ports-of-the-store-know-no-implementation',
      severity: 'error',
      from: { path: '^src/store/ports/' },
      to: { path: '^src/store/', pathNot: '^src/store/ports/' },
    },
    {
      name: 'only-src-redis-speaks-to-redis',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models)/', pathNot: '^src/redis/' },
      to: { path: 'node_modules/ioredis/' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(src|commands|daemon|models|drizzle)/' },
      to: outside('test', 'bench', 'examples', 'docs'),
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
