/** Every regex of some source files: literals by their syntax, those put together when a module is loaded by loading it. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { getCallSites } from 'node:util'
import { parseSync } from '@swc/core'

export interface Regex {
  readonly source: string
  readonly flags: string
  /** The files that hold it. */
  readonly files: readonly string[]
}

export interface Found {
  readonly regexes: readonly Regex[]
  /** What cannot be checked, told for the user. */
  readonly problems: readonly string[]
}

/** `files` are absolute. A file that calls `RegExp` with anything but a plain string is imported, to see what it makes. */
export async function findRegexes(files: readonly string[]): Promise<Found> {
  const found = new Map<string, { source: string; flags: string; files: Set<string> }>()
  const problems: string[] = []
  const add = (file: string, source: string, flags: string): void => {
    const key = `/${source}/${flags}`
    const known = found.get(key) ?? { source, flags, files: new Set() }
    known.files.add(file)
    found.set(key, known)
  }
  for (const file of files) {
    const { literals, composed } = regexesIn(file)
    for (const { source, flags } of literals) add(file, source, flags)
    if (composed === 0) continue
    const made = await madeOnImport(file)
    if (made.places < composed)
      problems.push(
        `${file}: ${composed - made.places} of its ${composed} RegExp(…) with a pattern that is put together are not made when the file is loaded, so nobody can check them. Make them constants of the module, or do without.`,
      )
    for (const { source, flags } of made.regexes) add(file, source, flags)
  }
  return { regexes: Array.from(found.values(), (each) => ({ ...each, files: [...each.files] })), problems }
}

type Pattern = Pick<Regex, 'source' | 'flags'>

function regexesIn(file: string): { literals: Pattern[]; composed: number } {
  const extension = extname(file)
  const program: unknown = parseSync(
    readFileSync(file, 'utf8'),
    extension === '.js' || extension === '.mjs'
      ? { syntax: 'ecmascript' }
      : { syntax: 'typescript', tsx: extension === '.tsx' },
  )
  const literals: Pattern[] = []
  let composed = 0
  for (const node of nodesOf(program)) {
    if (node.type === 'RegExpLiteral')
      literals.push({ source: String(node.pattern), flags: String(node.flags) })
    else if ((node.type === 'NewExpression' || node.type === 'CallExpression') && isRegExp(node.callee)) {
      const [source, flags = ''] = argumentsOf(node)
      if (source === undefined || flags === undefined) composed++
      else literals.push({ source, flags })
    }
  }
  return { literals, composed }
}

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

function* nodesOf(value: unknown): Generator<Node> {
  if (!isNode(value)) return
  yield value
  for (const child of Object.values(value)) yield* nodesOf(child)
}

const isRegExp = (callee: unknown): boolean =>
  isNode(callee) &&
  ((callee.type === 'Identifier' && callee.value === 'RegExp') ||
    (callee.type === 'MemberExpression' && isNode(callee.property) && callee.property.value === 'RegExp'))

/** Undefined for an argument that is not a plain string. */
function argumentsOf(call: Node): (string | undefined)[] {
  return (Array.isArray(call.arguments) ? call.arguments : []).map((argument: unknown) => {
    const value = isNode(argument) && isNode(argument.expression) ? argument.expression : {}
    return value.type === 'StringLiteral' ? String(value.value) : undefined
  })
}

/** What the file's calls of `RegExp` make while it is imported, and at how many places of the file. */
async function madeOnImport(file: string): Promise<{ regexes: Pattern[]; places: number }> {
  const regexes: Pattern[] = []
  const places = new Set<string>()
  const url = pathToFileURL(file).href
  const record = (made: RegExp): RegExp => {
    const caller = getCallSites(20).find(({ scriptName }) => scriptName.startsWith(url))
    if (caller) {
      regexes.push({ source: made.source, flags: made.flags })
      places.add(`${caller.lineNumber}:${caller.columnNumber}`)
    }
    return made
  }
  const original = globalThis.RegExp
  globalThis.RegExp = new Proxy(original, {
    construct: (target, parts) => record(Reflect.construct(target, parts)),
    apply: (target, self, parts) => record(Reflect.apply(target, self, parts)),
  })
  try {
    // A query makes the module anew when something has imported it already.
    await import(`${url}?regexes`)
  } finally {
    globalThis.RegExp = original
  }
  return { regexes, places: places.size }
}
