/** The public data of the repository as sets of questions and documents for `chatbot eval`. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LANGUAGES, type Language } from '../src/domain/language.ts'
import { articleOf, isCalibration, loadXquad } from './xquad.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

export interface Collection {
  readonly name: string
  /** What is ingested, and the folder that its documents are named below. */
  readonly paths: readonly string[]
  readonly root: string
}

export interface Sets {
  readonly collections: readonly Collection[]
  /** Path of the set of this name. */
  file: (name: SetName) => string
  /** Sets that are asked in a collection of their own name. */
  readonly docsqa: readonly SetName[]
}

export type SetName =
  | `xquad-${Language}`
  | `xquad-${Language}-absent`
  | 'clapnq'
  | 'mtrag-last'
  | 'mtrag-history'
  | `docsqa-${Language}`
  | `docsqa-${Language}-whole`

/**
 * Writes what is not in the repository as files: sets, and the passages of ClapNQ and MTRAG as documents. `docsqa` is a folder
 * with the whole of the sets of which test/data/docsqa is a part; it need not be there.
 */
export function writeSets(folder: string, docsqa: string): Sets {
  const documents = join(folder, 'documents')
  const file = (name: SetName) => join(folder, `${name}.jsonl`)
  mkdirSync(folder, { recursive: true })
  const write = (name: SetName, questions: readonly object[]) =>
    writeFileSync(file(name), questions.map((question) => `${JSON.stringify(question)}\n`).join(''))

  for (const language of LANGUAGES) {
    const { questions } = loadXquad(language)
    const half = (document: string) => (isCalibration(document) ? 'learnt from' : 'held out')
    write(
      `xquad-${language}`,
      questions.map(({ text, answers, document }, index) => ({
        id: `${language}-${index}`,
        set: half(document),
        question: text,
        answers,
        documents: [`${language}/${document}`],
      })),
    )
    write(
      `xquad-${language}-absent`,
      questions.map(({ text, document }, index) => ({
        id: `${language}-${index}-absent`,
        set: half(document),
        question: text,
        answerable: false,
        filter: { excludePaths: [`*/${articleOf(document)}/**`] },
      })),
    )
  }

  const clapnq = lines<{ question: string; answerable: boolean; title: string; text: string }>(
    'clapnq/items.jsonl',
  )
  for (const [index, { title, text }] of clapnq.entries()) document(`clapnq/${index}.md`, title, text)
  write(
    'clapnq',
    clapnq.map(({ question, answerable }, index) => ({
      id: `clapnq-${index}`,
      question,
      answerable,
      documents: [`clapnq/${index}.md`],
    })),
  )

  for (const { id, title, text } of lines<{ id: string; title: string; text: string }>(
    'mtrag/passages.jsonl',
  ))
    document(`mtrag/${id}.md`, title, text)
  const tasks = lines<{
    id: string
    domain: string
    question: string
    history: { question: string; answer: string }[]
    passages: string[]
  }>('mtrag/tasks.jsonl').map(({ domain, passages, ...task }) => ({
    ...task,
    set: domain,
    documents: passages.map((passage) => `mtrag/${passage}.md`),
  }))
  write('mtrag-history', tasks)
  write(
    'mtrag-last',
    tasks.map(({ history: _, ...task }) => task),
  )

  const docsqaSets: (Collection & { readonly name: SetName })[] = []
  for (const language of LANGUAGES) {
    addDocsqa(`docsqa-${language}`, join(root, 'test/data/docsqa', language), language)
    const whole = join(docsqa, language)
    if (existsSync(whole)) addDocsqa(`docsqa-${language}-whole`, whole, language)
  }

  function addDocsqa(name: SetName, from: string, language: Language): void {
    const documents = join(from, 'documents')
    docsqaSets.push({ name, paths: [documents], root: documents })
    write(name, readQuestions(join(from, 'questions.jsonl'), language))
  }

  function document(path: string, title: string, text: string): void {
    mkdirSync(join(documents, path, '..'), { recursive: true })
    writeFileSync(join(documents, path), `${title === '' ? '' : `# ${title}\n\n`}${text}\n`)
  }

  const examples = join(root, 'examples/xquad')
  return {
    file,
    docsqa: docsqaSets.map(({ name }) => name),
    collections: [
      { name: 'xquad-en', paths: [join(examples, 'en')], root: examples },
      { name: 'xquad-ru', paths: [join(examples, 'ru')], root: examples },
      { name: 'xquad-both', paths: [examples], root: examples },
      { name: 'clapnq', paths: [join(documents, 'clapnq')], root: documents },
      { name: 'mtrag', paths: [join(documents, 'mtrag')], root: documents },
      ...docsqaSets,
    ],
  }
}

/** Kinds whose answers are lists, steps or several parts. */
const LONG: ReadonlySet<string> = new Set(['list', 'howto', 'multi-part'])

/** Of docsqa: `chatbot eval` does not know what the sets say besides. */
const FIELDS: ReadonlySet<string> = new Set(
  'id question answerable documents passages also answers must caseSensitive history'.split(' '),
)

function readQuestions(path: string, language: Language): object[] {
  return linesOf<{ kind: string }>(path).map((question) => ({
    ...Object.fromEntries(Object.entries(question).filter(([field]) => FIELDS.has(field))),
    ...{ set: question.kind, long: LONG.has(question.kind), language },
  }))
}

const lines = <T>(path: string): T[] => linesOf(join(root, 'test/data', path))

/** Of a file of JSON Lines. */
export const linesOf = <T>(path: string): T[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): T => JSON.parse(line))

/** All files below a folder, in the order of their paths. */
export const filesIn = (folder: string): { uri: string; bytes: Buffer }[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted()
    .map((path) => ({ uri: relative(folder, path), bytes: readFileSync(path) }))
