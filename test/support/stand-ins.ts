/** Stand-ins for the tools of a deployment, on a PATH of their own. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

export const scenarioSchema = z.array(
  z.object({
    /** A regular expression for the whole call; the first that fits answers. */
    call: z.string(),
    /** Only once a call fitted this. */
    after: z.string().optional(),
    code: z.int().default(0),
    stdout: z.string().default(''),
    stderr: z.string().default(''),
    /** Goes on until it is told to stop. */
    hangs: z.boolean().default(false),
  }),
)

export type Scenario = z.input<typeof scenarioSchema>

const callSchema = z.object({ line: z.string(), input: z.string().optional() })

export interface StandIns extends Disposable {
  readonly env: Readonly<Record<string, string>>
  play: (scenario: Scenario) => void
  /** Since the last `play`. */
  calls: () => z.infer<typeof callSchema>[]
}

/** PATH holds these tools, node and the shell's own programs, and nothing more. */
export function standIns(tools: readonly string[]): StandIns {
  const folder = mkdtempSync(join(tmpdir(), 'stand-ins-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const tool of tools) {
    const entry = new URL('./stand-in-entry.ts', import.meta.url).pathname
    writeFileSync(join(bin, tool), `#!/bin/sh\nexec '${process.execPath}' '${entry}' ${tool} "$@"\n`)
    chmodSync(join(bin, tool), 0o755)
  }
  symlinkSync(process.execPath, join(bin, 'node'))
  for (const name of ['sh', 'bash', 'cat', 'chmod', 'mkdir', 'mv', 'od', 'tr', 'dirname', 'sed', 'openssl']) {
    const found = ['/usr/bin', '/bin', '/usr/local/bin']
      .map((dir) => join(dir, name))
      .find((path) => existsSync(path))
    if (found !== undefined) symlinkSync(found, join(bin, name))
  }
  const calls = join(folder, 'calls.jsonl')
  return {
    env: { PATH: bin, STAND_IN: folder, STAND_IN_HELM: process.env.HELM_TEST ?? '' },
    play(scenario) {
      rmSync(calls, { force: true })
      writeFileSync(join(folder, 'scenario.json'), JSON.stringify(scenario))
    },
    calls() {
      if (!existsSync(calls)) return []
      const lines = readFileSync(calls, 'utf8').trim().split('\n')
      return lines.map((line) => callSchema.parse(JSON.parse(line)))
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
