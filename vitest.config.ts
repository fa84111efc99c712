import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/faults/**', '**/node_modules/**'],
    globalSetup: ['test/support/say-what-did-not-run.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A shared CI machine may stand still for seconds: what passes at once after that is reported as retried.
    retry: process.env.CI === undefined ? 0 : 1,
    // What is waited for comes when a busy machine has time for it.
    expect: { poll: { timeout: 30_000 } },
    // More than the cores of a small machine: many tests wait for daemons, leases and sockets.
    maxWorkers: 4,
  },
})
