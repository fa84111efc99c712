import type { Node, Pair } from 'yaml'
import { codeBlocks } from './code.ts'
import { invalid } from './json.ts'
import { fileTitle, type TextLoader } from './loader.ts'
import { addText } from './writing/records.ts'
import { createTextBuilder } from './writing/text-builder.ts'
import { addTree, type Tree } from './writing/tree.ts'

/** The parser needs seconds and 100 MB of memory per megabyte, so larger files are read as text. */
const MAX_CHARACTERS = 1_500_000

/** Comment lines from which a file is read by people as it is: what its comments say belongs to the lines below them. */
const MIN_COMMENT_LINES = 4
const MIN_COMMENT_SHARE = 0.15

/** YAML with its comments. Aliases are named, not expanded: a few lines of them can stand for gigabytes. */
export const yaml = {
  reads: 'text',
  name: 'YAML',
  extensions: ['yaml', 'yml'],
  async load(source, uri) {
    const title = fileTitle(uri)
    const mediaType = 'application/yaml'
    if (source.length > MAX_CHARACTERS)
      return invalid(source, title, mediaType, `More than ${MAX_CHARACTERS} characters of YAML.`)
    const { isAlias, isMap, isScalar, isSeq, parseAllDocuments } = await import('yaml')

    const treeOf = (node: unknown): Tree => {
      if (isMap(node)) {
        const { items, commentBefore } = node
        return {
          kind: 'map',
          get entries() {
            return items.map((pair, i) => entryOf(pair, i === 0 ? commentBefore : undefined))
          },
        }
      }
      if (isSeq(node)) {
        const { items } = node
        return {
          kind: 'list',
          get items() {
            return items.map(treeOf)
          },
        }
      }
      if (isAlias(node)) return { kind: 'value', text: `*${node.source}` }
      if (!isScalar(node)) return { kind: 'value', text: '' }
      const { value, source: written, comment } = node
      const text = typeof value === 'string' ? value : (written ?? (value === null ? '' : String(value)))
      return { kind: 'value', text, comment: comment || undefined }
    }
    const entryOf = ({ key, value }: Pair, first: string | null | undefined): [string, Tree] => {
      const name = isScalar(key) ? String(key.value) : String(key)
      const tree = treeOf(value)
      const comments = [first, commentOf(key), tree.kind === 'value' ? tree.comment : undefined]
      const comment = comments.filter(Boolean).join('; ')
      return [name, tree.kind === 'value' && comment !== '' ? { ...tree, comment } : tree]
    }
    const commentOf = (key: unknown): string | null | undefined =>
      isScalar(key) ? (key satisfies Node).commentBefore : undefined

    try {
      const documents = parseAllDocuments(source, {
        logLevel: 'silent',
        uniqueKeys: false,
        stringKeys: false,
        // A pretty error quotes its line: thousands of errors in a line of a megabyte would take gigabytes.
        prettyErrors: false,
      })
      const builder = createTextBuilder()
      const isExplained = isExplainedByComments(source)
      for (const document of documents) {
        const [error] = document.errors
        if (error)
          return invalid(
            source,
            title,
            mediaType,
            `Not valid YAML: ${firstLine(error.message)} at line ${source.slice(0, error.pos[0]).split('\n').length}.`,
          )
        if (isExplained) continue
        addText(builder, document.commentBefore ?? '', [])
        addTree(builder, treeOf(document.contents))
      }
      if (isExplained)
        return { title, mediaType, text: source, blocks: codeBlocks(source, 'yaml'), linesMatchFile: true }
      return { title, mediaType, ...builder.finish(), linesMatchFile: false }
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown
      return invalid(source, title, mediaType, 'The YAML nests too deeply.')
    }
  },
} satisfies TextLoader

function isExplainedByComments(source: string): boolean {
  const filled = source.match(/^[ \t]*\S/gmu)?.length ?? 0
  const comments = source.match(/^[ \t]*#/gmu)?.length ?? 0
  return comments >= MIN_COMMENT_LINES && comments >= MIN_COMMENT_SHARE * filled
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
