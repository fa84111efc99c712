/**
 * Situations that users report, of test/data/cases, with the built program: which asks come out right, by class.
 *
 *     node bench/cases.ts [--only CLASS_OR_ID]… [--engine NAME] [--all] [FOLDER]
 *
 * Each case has a collection of its own, in a data directory that is made and removed. FOLDER is another with cases.jsonl and files/.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { answerOf } from '../src/client/client.ts'
import { pause } from '../src/client/pause.ts'
import { connect } from '../src/client/socket/connect.ts'
import type { IngestReport } from '../src/client/sync/report.ts'
import { runtimePaths } from '../src/config/runtime-paths.ts'
import { version } from '../src/config/version.ts'
import { ChatbotError } from '../src/domain/errors.ts'
import { type Ask, exactly, judgeAsk, list, missing, type OneOf, unwanted } from './cases-judge.ts'

interface Case {
  readonly id: string
  readonly class: string
  readonly files: readonly string[]
  readonly as?: 'folder'
  readonly ask?: readonly Ask[]
  readonly read?: readonly { file: string; contains?: OneOf[]; lacks?: string[] }[]
  readonly search?: readonly { query: string; first: OneOf }[]
  readonly smalltalk?: readonly { utterance: string; lacks?: string[]; must?: OneOf[] }[]
  readonly ingest?: readonly {
    file: string
    status?: OneOf
    code?: OneOf
    says?: OneOf[]
    saysNot?: string[]
  }[]
}

/** What `chatbot ingest --json` says. */
type Ingested = Partial<Pick<IngestReport, 'files'>> & {
  readonly error?: { readonly code: string; readonly message: string }
}

interface Result {
  readonly id: string
  readonly class: string
  readonly what: string
  readonly got: string
  readonly problems: readonly string[]
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    engine: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
})
const program = fileURLToPath(new URL('../bin/chatbot.js', import.meta.url))
const folder = resolve(positionals[0] ?? fileURLToPath(new URL('../test/data/cases', import.meta.url)))
const cases = readFileSync(join(folder, 'cases.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line))
  .filter(
    ({ id, class: kind }) =>
      flags.only.length === 0 || flags.only.some((only) => kind.includes(only) || id === only),
  )

/** Bytes of what a command prints. */
const MAX_OUTPUT = 64_000_000

const home = realpathSync(mkdtempSync(join(tmpdir(), 'chatbot-cases-')))
const dataDir = join(home, 'data')
const filesOf = (id: string) => join(home, 'files', id)

const results: Result[] = []
try {
  await run()
} finally {
  await chatbot(['stop'])
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}
report()

async function run(): Promise<void> {
  await chatbot(['start'])
  const ingested = new Map<string, Ingested>()
  for (const { id, files, as } of cases) {
    mkdirSync(filesOf(id), { recursive: true })
    cpSync(join(folder, 'files', id), filesOf(id), { recursive: true })
    const paths = as === 'folder' ? [filesOf(id)] : files.map((file) => join(home, file))
    const args = ['ingest', ...paths, '--collection', id, '--root', filesOf(id), '--json']
    ingested.set(id, JSON.parse(await chatbot(args)))
  }
  await using chat = await connect({ kind: 'local', socketPath: runtimePaths(dataDir).socket }, { version })

  const asked = (id: string, question: string, history: Ask['history']) =>
    patiently(() =>
      answerOf(
        chat.ask({
          question,
          cache: false,
          collections: [id],
          engine: flags.engine,
          history,
        }),
      ),
    )
  for (const each of cases) {
    const { id } = each
    const documents = ingested.get(id)
    const fileOf = (path: string) =>
      documents?.files?.find((file) => resolve(filesOf(id), file.path) === join(home, path))
    const note = (what: string, got: string, problems: readonly string[]) =>
      results.push({ id, class: each.class, what, got, problems })

    for (const { file, status, code, says, saysNot } of each.ingest ?? []) {
      const found = fileOf(file)
      const became = found?.status ?? (documents?.error === undefined ? 'skipped' : 'failed')
      const why = found?.code ?? documents?.error?.code ?? ''
      const said = found?.reason ?? documents?.error?.message ?? ''
      const hasFailed = became === 'failed'
      note(`ingest ${file}`, `${became} ${why} ${said}`, [
        ...(status === undefined || list(status).includes(became) ? [] : [`is ${became}`]),
        ...(!hasFailed || code === undefined || list(code).includes(why) ? [] : [`fails with ${why}`]),
        ...(hasFailed ? [...missing(said, says), ...unwanted(said, saysNot)] : []),
      ])
    }
    for (const { file, contains = [], lacks } of each.read ?? []) {
      const document = fileOf(file)?.document
      const text =
        document === undefined ? '' : spaced(await chatbot(['documents', 'show', document, '--text']))
      const absent = contains.filter((group) => !list(group).some((part) => text.includes(spaced(part))))
      note(`read ${file}`, text, [
        ...(document === undefined ? ['was not read'] : []),
        ...absent.map((group) => `lacks ${JSON.stringify(group)}`),
        ...exactly(text, lacks),
      ])
    }
    for (const { query, first } of each.search ?? []) {
      const { passages } = await patiently(() => chat.search({ query, collections: [id], limit: 5 }))
      const uri = passages[0]?.uri ?? 'nothing'
      const isRight = list(first).some((file) => uri.endsWith(file.replace(`files/${id}/`, '')))
      note(`search ${query}`, uri, isRight ? [] : [`finds first ${uri}`])
    }
    for (const { utterance, must, lacks } of each.smalltalk ?? []) {
      const { text } = await asked(id, utterance, undefined)
      note(utterance, text, [...exactly(text, lacks), ...missing(text, must)])
    }
    for (const ask of each.ask ?? []) {
      const { question, words, history } = ask
      if (words !== undefined) await askByWords(note, id, ask, words)
      else if (question !== undefined) {
        const answer = await asked(id, question, history)
        note(question, answer.text, judgeAsk(ask, answer))
      }
    }
    console.error(`${results.length} asked`)
  }
}

async function askByWords(
  note: (what: string, got: string, problems: readonly string[]) => void,
  id: string,
  ask: Ask,
  words: readonly string[],
): Promise<void> {
  const { question, answer, certainty, citations } = JSON.parse(
    await chatbot(['ask', '--collection', id, '--no-cache', '--json', ...words]),
  )
  const isOrdered = question === words.join(' ')
  note(words.join(' '), answer, [
    ...(isOrdered ? [] : [`asked ${JSON.stringify(question)}`]),
    ...judgeAsk(ask, { text: answer, certainty, citations }),
  ])
}

async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (thrown) {
      const { retryAfterMs } = ChatbotError.wrap(thrown)
      if (retryAfterMs === undefined) throw thrown
      await pause(retryAfterMs)
    }
  }
}

function report(): void {
  for (const { id, class: kind, what, got, problems } of results) {
    if (problems.length === 0 && !flags.all) continue
    console.log(`${problems.length === 0 ? 'right' : 'WRONG'} ${id} (${kind}) ${JSON.stringify(what)}`)
    if (problems.length > 0) console.log(`      ${problems.join('; ')}`)
    console.log(`      got: ${spaced(got).slice(0, 240)}`)
  }
  console.log('\n| class | asks | right |\n| --- | --- | --- |')
  const rights = (of: readonly Result[]) => of.filter(({ problems }) => problems.length === 0).length
  const classes = Object.entries(Object.groupBy(results, (result) => result.class))
  for (const [kind, of = []] of [...classes, ['all', results] as const])
    console.log(`| ${kind} | ${of.length} | ${rights(of)} |`)
}

function spaced(text: string): string {
  return text.replace(/\s+/g, ' ')
}

/** What the built program prints, whatever its status. */
function chatbot(args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CHATBOT_DATA_DIR: dataDir,
    CHATBOT_SERVER_PORT: '0',
    CHATBOT_LIMITS_QUESTIONS_PER_MINUTE: '6000',
    CHATBOT_LIMITS_QUESTIONS_BURST: '600',
  }
  return new Promise((resolved) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env, cwd: home, maxBuffer: MAX_OUTPUT },
      (_, stdout) => resolved(stdout),
    )
    child.stdin?.end()
  })
}
