import { basename, extname } from 'node:path'
import type { LoadedBlock } from '../../domain/document.ts'
import { lines, trimmed } from '../../text/lines.ts'
import type { TextLoader } from './loader.ts'
import { createSections } from './writing/sections.ts'

/** Extensions by language. */
const PROGRAMMING_LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  python: ['py', 'pyi', 'pyx'],
  javascript: ['js', 'mjs', 'cjs', 'jsx'],
  typescript: ['ts', 'mts', 'cts', 'tsx'],
  java: ['java'],
  kotlin: ['kt', 'kts'],
  scala: ['scala', 'sc'],
  groovy: ['groovy', 'gradle'],
  go: ['go'],
  rust: ['rs'],
  c: ['c', 'h'],
  cpp: ['cc', 'cpp', 'cxx', 'hh', 'hpp', 'hxx', 'ino', 'cu'],
  csharp: ['cs'],
  fsharp: ['fs', 'fsi', 'fsx'],
  swift: ['swift'],
  objectivec: ['m', 'mm'],
  dart: ['dart'],
  php: ['php'],
  ruby: ['rb', 'rake', 'gemspec'],
  perl: ['pl', 'pm'],
  lua: ['lua'],
  r: ['r'],
  julia: ['jl'],
  haskell: ['hs'],
  elixir: ['ex', 'exs'],
  erlang: ['erl', 'hrl'],
  clojure: ['clj', 'cljs', 'cljc'],
  ocaml: ['ml', 'mli'],
  zig: ['zig'],
  nim: ['nim'],
  shell: ['sh', 'bash', 'zsh', 'fish'],
  powershell: ['ps1', 'psm1'],
  sql: ['sql'],
  graphql: ['graphql', 'gql'],
  protobuf: ['proto'],
  css: ['css', 'scss', 'sass', 'less'],
  vue: ['vue'],
  svelte: ['svelte'],
  xml: ['xsd', 'xsl', 'xslt', 'csproj', 'pom'],
  toml: ['toml'],
  ini: ['ini', 'cfg', 'conf', 'properties'],
  json5: ['json5', 'jsonc'],
  terraform: ['tf', 'tfvars', 'hcl'],
  nix: ['nix'],
  cmake: ['cmake'],
  make: ['mk', 'mak'],
  docker: ['dockerfile'],
  latex: ['tex', 'sty', 'bib'],
  diff: ['diff', 'patch'],
}

const BY_EXTENSION = new Map(
  Object.entries(PROGRAMMING_LANGUAGES).flatMap(([language, extensions]) =>
    extensions.map((each) => [each, language]),
  ),
)

/** Source code, stored unchanged and cut at declarations; the name that a block declares is its section. */
export const code = {
  reads: 'text',
  name: 'source code',
  extensions: [...BY_EXTENSION.keys()],
  load(source, uri) {
    const language = BY_EXTENSION.get(extname(uri).slice(1).toLowerCase()) ?? 'plain'
    return {
      title: basename(uri),
      mediaType: `text/x-${language}`,
      text: source,
      blocks: codeBlocks(source, language),
      linesMatchFile: true,
    }
  },
} satisfies TextLoader

/** Shorter sources are one block, which the splitter keeps whole; UTF-16 code units. */
const MAX_WHOLE_CHARACTERS = 500

export function codeBlocks(source: string, language: string): LoadedBlock[] {
  const blocks: LoadedBlock[] = []
  const sections = createSections()
  let start = 0
  let path: string[] = []
  /** Start of the comments and decorators before a declaration. */
  let lead: number | undefined
  /** Whether one of them is a doc comment, and whether a block comment is open. */
  let isDocumented = false
  let inComment = false
  const close = (end: number): void => {
    const span = trimmed(source, { start, end })
    if (span.start < span.end) blocks.push({ kind: 'code', headings: path, language, ...span })
    start = end
  }
  if (source.trim().length > MAX_WHOLE_CHARACTERS)
    for (const line of lines(source)) {
      const text = source.slice(line.start, Math.min(line.end, line.start + 300))
      const opensComment = /^\s*\/\*/u.test(text)
      const isComment = inComment || opensComment
      if (isComment) inComment = !source.slice(line.start, line.end).includes('*/')
      const name = isComment
        ? undefined
        : (declaredName(text, language) ?? (isDocumented ? documentedName(text) : undefined))
      if (name !== undefined) {
        close(lead ?? line.start)
        sections.enter(indentOf(text) + 1, name)
        path = sections.path()
        lead = undefined
        isDocumented = false
      } else if (isComment || LEADING.test(text)) {
        lead ??= line.start
        if (DOCUMENTS.test(text)) isDocumented = true
      } else {
        lead = undefined
        isDocumented = false
      }
    }
  close(source.length)
  return blocks
}

/** Comments, attributes and decorators belong to the declaration under them. */
const LEADING = /^\s*(?:\/\/|\/\*|\*|#|--|;|"""|@\w|\[\w|<!--)/u

const DOCUMENTS = /^\s*(?:\/\*\*|\/\/[/!])/u

const MODIFIERS =
  '(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|sealed|partial|override|virtual|async|inline|extern|unsafe|pub(?:\\([\\w:]+\\))?|open|data|case|suspend|local|readonly|const|constexpr|mut)\\s+)*'
/** A declaring keyword and the declared name; skips Go's method receivers and template parameters. */
const KEYWORD = new RegExp(
  `^\\s*${MODIFIERS}(?:class|interface|enum|struct|union|trait|impl(?:<[^>]{0,80}>)?|protocol|extension|object|record|module|namespace|package|fn|func|fun|function\\*?|def|defp|defmodule|defmacro|sub|proc|macro|type|message|service|resource|contract|CREATE\\s+(?:OR\\s+REPLACE\\s+)?(?:TABLE|VIEW|FUNCTION|PROCEDURE|INDEX|TRIGGER|TYPE))\\s+(?:\\([^)]{0,80}\\)\\s*)?(?:IF\\s+NOT\\s+EXISTS\\s+)?["\`]?(?<name>[\\p{L}_$][\\p{L}\\p{N}_$.:!?-]{0,80})`,
  'iu',
)
/** `const name = (…) =>`, `name = function`: functions and constants at the beginning of a line. */
const ASSIGNED =
  /^(?:export\s+)?(?:const|let|var)\s+(?<name>[\p{L}_$][\p{L}\p{N}_$]{0,80})\s*(?::[^=]{0,120})?=\s*(?:async\s*)?(?:function\b|\(|[\p{L}_$][\p{L}\p{N}_$]*\s*=>|\{|\[)/u
/** `Type name(…) {` in C, C++, Java and C#, on one line. */
function typedName(line: string): string | undefined {
  const [head = '', ...parameters] = line.split('(')
  if (parameters.length === 0 || parameters.some((part) => part.includes(';'))) return undefined
  const declared = head.trimEnd()
  const [name] = NAME_AT_END.exec(declared) ?? []
  return name !== undefined && TYPE.test(declared.slice(0, -name.length)) ? name : undefined
}

const NAME_AT_END = /(?<![\p{L}\p{N}_:~])[\p{L}_~][\p{L}\p{N}_:~]*$/u
const TYPE =
  /^(?:\s{1,8}(?:public|private|protected|static|final|virtual|inline|override|async|abstract)\s+)?[\p{L}_][\p{L}\p{N}_<>:,*&[\]\s]{0,160}[\s*&]$/u
const NOT_TYPES =
  /^\s*(?:return|else|if|for|while|switch|case|throw|new|await|yield|import|using|delete|goto|in|and|or|not|print|echo|assert|raise|from|let|var|const)\b/u

/** Methods, with or without a type, and constants; only for lines under a doc comment. */
function documentedName(line: string): string | undefined {
  if (NOT_MEMBERS.test(line)) return undefined
  const [head = '', ...rest] = line.split(/[(=]/u)
  if (rest.length === 0) return undefined
  const isCall = line.charAt(head.length) === '('
  // A field says too little to be a section.
  if (!isCall && /^\s/u.test(head)) return undefined
  const declared = isCall ? head.trimEnd().replace(/<[^<>]{0,80}>$/u, '') : (head.split(':')[0] ?? '')
  return NAME_AT_END.exec(declared.trimEnd())?.[0]
}

const NOT_MEMBERS =
  /^\s*(?:return|else|if|for|while|switch|case|throw|new|await|yield|import|using|delete|goto|this|super)\b/u

/** Sections of configuration files: `[relay]`, and the outermost keys of YAML. */
const CONFIGURED: Readonly<Record<string, RegExp>> = {
  ini: /^\[(?<name>[^\]]{1,80})\]/u,
  toml: /^\[{1,2}(?<name>[^\]]{1,80})\]/u,
  yaml: /^["']?(?<name>[^\s"'#:-][^"'#:]{0,80})["']?:(?:\s|$)/u,
}

function declaredName(line: string, language: string): string | undefined {
  const configured = CONFIGURED[language]
  if (configured !== undefined) return configured.exec(line)?.groups?.name
  const found = KEYWORD.exec(line) ?? ASSIGNED.exec(line)
  if (found) return found.groups?.name
  return NOT_TYPES.test(line) ? undefined : typedName(line)
}

const indentOf = (line: string): number => (/^[ \t]*/u.exec(line)?.[0] ?? '').replaceAll('\t', '    ').length
