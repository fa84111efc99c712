/** Links and images in an engine's text: only what a passage holds is shown, so that nothing can be sent elsewhere. */

export interface LinkFilter {
  /** Takes the next piece of the text; gives what is certain by now. */
  push(piece: string): string
  flush(): string
  /** Links left out so far. */
  leftOut(): number
}

const LEFT_OUT = 'link left out'

/**
 * Images become links, for a picture is fetched without a click; an address that stands in none of the `sources`
 * is left out. The result does not depend on how the text was cut: a word that may hold one is held back to its end.
 */
export function filterLinks(sources: readonly string[]): LinkFilter {
  let held = ''
  let leftOut = 0
  const known = (address: string) => sources.some((source) => source.includes(address))
  const checked = (address: string) => {
    const bare = address.replace(/[.,;:!?'"*_]+$/u, '')
    if (bare === '' || known(bare)) return address
    leftOut++
    return LEFT_OUT + address.slice(bare.length)
  }
  const clean = (text: string) =>
    text
      .replace(IMAGE, '')
      .replace(TARGET, (_target, opening: string, address: string) => opening + checked(address))
      .replace(ADDRESS, (address) => checked(address))

  return {
    push(piece) {
      held += piece
      const word = held.search(/(?<!\S)\S*$/u)
      const end = mayHoldAddress(held.slice(word)) ? word : held.length
      const ready = held.slice(0, end)
      held = held.slice(end)
      return clean(ready)
    },
    flush() {
      const rest = held
      held = ''
      return clean(rest)
    },
    leftOut: () => leftOut,
  }
}

const SCHEMES = ['https', 'ftp', 'wss', 'file', 'data', 'javascript', 'vbscript', 'mailto']

/** The beginning of a word: whether what follows may make an address of it. */
function mayHoldAddress(word: string): boolean {
  if (/[:/!\]]/u.test(word)) return true
  const last = /[\p{L}\p{N}_]*$/u.exec(word)?.[0].toLowerCase() ?? ''
  return last !== '' && SCHEMES.some((scheme) => scheme.startsWith(last))
}

/** The `!` of an image; not that of `blue![1]`. */
const IMAGE = /!(?=\[(?!\s*\d[\d\s,]*\](?!\()))/gu

/** The target of a Markdown link or of its definition, when it is written with a character that an address needs. */
const TARGET = /(\]\(\s*<?|\]:\s*<?)([^\s<>)]*[/.&%\\?][^\s<>)]*)/gu

/** `https://…`, `data:…`, `//host.example/…`, `//192.0.2.1/…`, `//[2001:db8::1]/…`. */
const ADDRESS =
  /(?:\b(?:https?|ftp|wss?|file):\/*|\b(?:data|javascript|vbscript|mailto):(?=\S)|(?<![:\p{L}\p{N}])\/\/(?:(?=[\p{L}\p{N}-]+\.[\p{L}]{2,})|(?=(?:\d+\.){0,3}\d+[/:?#])|\[[\p{AHex}:.]+\]))[^\s<>()"'`|\]]+/giu
