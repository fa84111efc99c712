/** Entry point of the detached daemon: launch.ts forks it and waits for one message about the start. */

import type { StartReport } from '../src/client/launch.ts'
import { loadConfig } from '../src/config/load.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { runDaemon } from './run.ts'

const report = (message: StartReport) => {
  if (process.connected) process.send?.(message)
}

try {
  await runDaemon({
    loaded: loadConfig({ env: process.env }),
    foreground: false,
    stopWhenIdle: process.argv.includes('--stop-when-idle'),
    onReady: () => report({ type: 'ready' }),
  })
  process.exit(0)
} catch (error) {
  const failure = ChatbotError.wrap(error)
  report({ type: 'failed', error: failure.inFull() })
  process.exitCode = failure.exitCode
  // The report is on its way; nothing else should keep a failed daemon alive.
  setTimeout(() => process.exit(), 500).unref()
}
