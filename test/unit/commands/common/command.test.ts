import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Config } from '@oclif/core/config'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ChatbotCommand } from '../../../../commands/common/command.ts'
import { packageRoot } from '../../../../src/config/package-root.ts'
import { ChatbotError } from '../../../../src/domain/errors.ts'
import { paint, styledText } from '../../../../src/terminal/style.ts'

/** What a document, a server or a file may be called. */
const HOSTILE = 'name\x1b]0;owned\x07\x9b2J\x9d0;c1\x9c\u202egnp.exe\x7f\u{e0041}'
/** Line feeds and the escape of a colour are ours. */
const ACTS = /(?!\x1b\[\d+m)[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u

abstract class Whole extends ChatbotCommand {
  whole = () => this._run()
}

class Probe extends Whole {
  async run(): Promise<unknown> {
    await this.parse(Probe)
    this.log(HOSTILE)
    this.talk(HOSTILE)
    return { name: HOSTILE, [HOSTILE]: [HOSTILE] }
  }
}

class Failing extends Whole {
  async run(): Promise<unknown> {
    await this.parse(Failing)
    throw new ChatbotError('not_found', `There is no ${HOSTILE}.`)
  }
}

let config: Config
let written = { stdout: '', stderr: '' }
beforeEach(async () => {
  config = await Config.load(packageRoot())
  written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    })
  }
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})

async function run(command: typeof Probe | typeof Failing, argv: readonly string[]): Promise<typeof written> {
  await new command([...argv], config).whole()
  return written
}

test('what a command prints does nothing to a terminal', async () => {
  const { stdout, stderr } = await run(Probe, [])
  expect(stdout).toContain('name')
  expect(stderr).toContain('name')
  expect(stdout + stderr).not.toMatch(ACTS)
})

test('with --json too, where it is still the same value', async () => {
  const { stdout } = await run(Probe, ['--json'])
  expect(JSON.parse(stdout)).toEqual({ name: HOSTILE, [HOSTILE]: [HOSTILE] })
  expect(stdout).not.toMatch(ACTS)
})

test.each([[[]], [['--json']]])('errors do nothing to a terminal: %j', async (argv) => {
  const { stdout, stderr } = await run(Failing, argv)
  expect(stdout + stderr).toContain('There is no name')
  expect(stdout + stderr).not.toMatch(ACTS)
})

test('a usage error that repeats the words of the command line', async () => {
  const { stdout, stderr } = await run(Probe, [HOSTILE])
  expect(stderr).toMatch(/Error: Unexpected argument[\s\S]*\n$/)
  expect(stdout + stderr).not.toMatch(ACTS)
})

test('our own colours stay', () => {
  const stream = Object.assign(Object.create(process.stdout), { isTTY: true, getColorDepth: () => 8 })
  const red = paint(stream, 'red', 'x')
  expect(styledText(`${red} \x1b[2J\x1b[31;1H${red}`)).toBe(`${red} ${red}`)
})

test('JSON reaches stdout through the one function that escapes it', () => {
  const folder = join(packageRoot(), 'commands')
  const raw = globSync('**/*.ts', { cwd: folder }).filter((file) =>
    /stdout\.write\([^\n]*JSON\.stringify/.test(readFileSync(join(folder, file), 'utf8')),
  )
  expect(raw).toEqual([])
})
