/** Distinguishes versions of a document by numbers in their paths: `fastify-4/server.md` and `fastify-5/server.md`. */

const NUMBER = /\d+(?:\.\d+)*/gu
/** A number in a question that may be a version, not the end of a longer name. */
const NAMED = /(?<![\p{L}\d.])v?(\d+(?:\.\d+)*)(?!\d)/gu

/** 1 if the path has a number that the question names, -1 if only the path of another version has it, else 0. */
export function versionOf(question: string, uri: string, uris: readonly string[]): -1 | 0 | 1 {
  const named = new Set(Array.from(question.matchAll(NAMED), ([, number = '']) => number))
  if (named.size === 0) return 0
  const hasNamed = (path: string) => numbersOf(path).some((number) => named.has(number))
  if (hasNamed(uri)) return 1
  const own = numbersOf(uri).join(' ')
  return uris.some((other) => sameBut(uri, other) && numbersOf(other).join(' ') !== own && hasNamed(other))
    ? -1
    : 0
}

const numbersOf = (path: string): string[] => Array.from(path.matchAll(NUMBER), ([number]) => number)

/** Whether two paths, or their folders, differ only in numbers. */
function sameBut(a: string, b: string): boolean {
  const bare = (path: string) => path.replace(NUMBER, '#')
  if (bare(a) === bare(b)) return true
  const [folder, other] = [a, b].map((path) =>
    path.includes('/') ? bare(path.slice(0, path.lastIndexOf('/'))) : '',
  )
  return folder !== '' && folder === other && folder?.includes('#') === true
}
