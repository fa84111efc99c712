/**
 * A stand-in for kubectl, minikube, docker or helm on PATH: answers as the scenario says, and notes every call.
 * Arguments: the tool's name and its own arguments. STAND_IN names the folder of scenario.json and calls.jsonl.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scenarioSchema } from './stand-ins.ts'

const folder = process.env.STAND_IN ?? ''
const [tool = '', ...args] = process.argv.slice(2)
const line = [tool, ...args].join(' ')
const callsFile = join(folder, 'calls.jsonl')
const earlier = existsSync(callsFile) ? readFileSync(callsFile, 'utf8') : ''
const reads = args.includes('-') || args.includes('--stdin')
const input = reads ? readFileSync(0) : undefined
appendFileSync(
  callsFile,
  `${JSON.stringify({ line, ...(input === undefined ? {} : { input: input.toString('latin1') }) })}\n`,
)

const real = process.env.STAND_IN_HELM ?? ''
if (tool === 'helm' && real !== '' && /^(template|version)$/.test(args[0] ?? '')) {
  const { status } = spawnSync(real, args, { input, stdio: ['pipe', 'inherit', 'inherit'] })
  process.exit(status ?? 1)
}
const scenario = scenarioSchema.parse(JSON.parse(readFileSync(join(folder, 'scenario.json'), 'utf8')))
const reply = scenario.find(
  ({ call, after }) =>
    new RegExp(call).test(line) && (after === undefined || new RegExp(after).test(earlier)),
)
if (reply === undefined) {
  process.stderr.write(`no stand-in for: ${line}\n`)
  process.exit(99)
}
process.stdout.write(reply.stdout)
process.stderr.write(reply.stderr)
if (reply.hangs) setInterval(() => undefined, 1000)
else process.exitCode = reply.code
