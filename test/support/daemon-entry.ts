import { runDaemon } from '../../daemon/run.ts'
import { loadConfig } from '../../src/config/load.ts'

await runDaemon({
  loaded: loadConfig({ env: process.env }),
  foreground: true,
  stopWhenIdle: false,
  onReady: () => process.send?.('ready'),
})
process.exit(0)
