/** Links and images in an engine's text: only what a passage holds is shown, so that nothing can be sent elsewhere. */

export interface LinkFilter {
  /** Takes the next piece of the text; gives what is certain by now. */
  push: (piece: string) => string
  flush: () => string
  /** Links left out so far. */
  leftOut: () => number
}

const LEFT_OUT = 'link left out'

/** UTF-16 code units; a longer one is left out. */
const MAX_ADDRESS_CHARACTERS = 2048

/**
 * Images become links, because images are fetched without a click. An address that occurs in none of the `texts` is
 * left out. The result does not depend on how the text was cut: a word that may hold an address is held back to its end.
 */
export function filterLinks(texts: readonly string[]): LinkFilter {
  let held = ''
  // Whether the word that is held back is so to its end, however it goes on.
  let isAddress = false
  let leftOut = 0
  const known = (address: string) =>
    address.length <= MAX_ADDRESS_CHARACTERS && texts.some((text) => text.includes(address))
  const checked = (address: string) => {
    const bare = /^[\s\S]*[^.,;:!?'"*_]/u.exec(address)?.[0] ?? ''
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
      if (isAddress && !/\s/u.test(piece)) return ''
      const start = held.search(/(?<!\S)\S*$/u)
      const word = held.slice(start)
      isAddress = /[:/!\]]/u.test(word)
      const end = isAddress || mayBeScheme(word) ? start : held.length
      const ready = held.slice(0, end)
      held = held.slice(end)
      return clean(ready)
    },
    flush() {
      const rest = held
      held = ''
      isAddress = false
      return clean(rest)
    },
    leftOut: () => leftOut,
  }
}

const SCHEMES = ['https', 'ftp', 'wss', 'file', 'data', 'javascript', 'vbscript', 'mailto']

/** Whether what follows may make an address of the word. */
function mayBeScheme(word: string): boolean {
  const before = /^[\s\S]*[^\p{L}\p{N}_]/u.exec(word)?.[0] ?? ''
  const last = word.slice(before.length).toLowerCase()
  return last !== '' && SCHEMES.some((scheme) => scheme.startsWith(last))
}

/** The `!` of an image; not that of `blue![1]`. */
const IMAGE = /!(?=\[(?!\s*\d[\d\s,]*\](?!\()))/gu

/** The target of a Markdown link or of its definition, when it is written with a character that an address needs. */
const TARGET = /(\]\(\s*<?|\]:\s*<?)((?:(?!\][(:])[^\s<>)/.&%\\?])*[/.&%\\?][^\s<>)]*)/gu

/** `https://…`, `data:…`, `//host.example/…`, `//192.0.2.1/…`, `//[2001:db8::1]/…`. */
const ADDRESS =
  /(?:\b(?:https?|ftp|wss?|file):\/*|\b(?:data|javascript|vbscript|mailto):(?=\S)|(?<![:\p{L}\p{N}])\/\/(?:(?=[\p{L}\p{N}-]+\.[\p{L}]{2,})|(?=(?:\d+\.){0,3}\d+[/:?#])|\[[\p{AHex}:.]+\]))[^\s<>()"'`|\]]+/giu
