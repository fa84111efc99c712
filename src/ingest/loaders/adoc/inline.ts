/** Text of AsciiDoc without its marks. */

/** Longer lines keep their marks: nobody writes them by hand. UTF-16 code units. */
const MAX_CHARACTERS = 20_000
/** Attributes may stand for much text, again and again. */
const MAX_ATTRIBUTE_CHARACTERS = 200

const CHARACTERS: Readonly<Record<string, string>> = {
  nbsp: ' ',
  sp: ' ',
  empty: '',
  plus: '+',
  lt: '<',
  gt: '>',
  amp: '&',
  vbar: '|',
  asterisk: '*',
  backtick: '`',
  apos: "'",
  quot: '"',
  deg: '°',
  cpp: 'C++',
}

/** A mark that opens beside no letter and closes beside none, around text without that mark. */
const CONSTRAINED =
  /(?<![\p{L}\p{N}\\])(?:\[[^\][\n]{0,80}\])?([*_`#])(?=\S)((?:(?!\1)[^\n]){1,500})(?<=\S)\1(?![\p{L}\p{N}])/gu
const UNCONSTRAINED = /(\*\*|__|``|##)((?:(?!\1)[^\n]){1,500})\1/gu

/** The words of a paragraph: no marks, no targets, footnotes in parentheses, attributes with their values. */
export function plainText(source: string, attributes: ReadonlyMap<string, string>): string {
  if (source.length > MAX_CHARACTERS) return source
  return withoutMacros(source)
    .replace(/\{([\w-]{1,60})\}/gu, (all, name: string) =>
      (attributes.get(name.toLowerCase()) ?? CHARACTERS[name] ?? all).slice(0, MAX_ATTRIBUTE_CHARACTERS),
    )
    .replace(/\(\(\([^()\n]{0,300}\)\)\)/gu, '')
    .replace(/\(\(([^()\n]{1,300})\)\)/gu, '$1')
    .replace(/\[\[[^\][\n]{1,200}\]\]/gu, '')
    .replace(/<<([^<>\n]{1,300})>>/gu, (_, inside: string) => referenceText(inside))
    .replace(/(?:footnote|footnoteref):[\w-]{0,60}\[([^\][]{0,2000})\]/gu, (_, note: string) =>
      note === '' ? '' : ` (${note.trim()})`,
    )
    .replace(/(?:indexterm2?|anchor):[\w-]{0,60}\[[^\][\n]{0,300}\]/gu, '')
    .replace(/<\d{1,3}>$/gmu, '')
    .replace(/[ \t]\+$/gmu, '')
    .replace(UNCONSTRAINED, '$2')
    .replace(CONSTRAINED, '$2')
    .replace(CONSTRAINED, '$2')
    .replace(/([\p{L}\p{N})])~([^~\s]{1,30})~/gu, '$1$2')
    .replace(/\^([^^\s]{1,30})\^/gu, '^$1')
    .replace(/\\(?=[*_`#{<[])/gu, '')
}

/** The label of `<<id,label>>`, or the id as words. */
function referenceText(inside: string): string {
  const comma = inside.indexOf(',')
  return comma < 0
    ? inside.replace(/^_|\.adoc#?|#/gu, '').replaceAll('_', ' ')
    : inside.slice(comma + 1).trim()
}

/** UTF-16 code units. */
const MAX_TARGET_CHARACTERS = 500
const MACRO =
  /^(link|xref|mailto|kbd|btn|menu|image|icon|pass|stem|latexmath|asciimath|https?|ftp|irc):(.*)$/u

/** Macros as what they show: `link:a.html[the page]`, `kbd:[F1]`, `https://example.org[the page]`. */
function withoutMacros(source: string): string {
  const parts: string[] = []
  let from = 0
  for (let open = source.indexOf('['); open >= 0; open = source.indexOf('[', open + 1)) {
    const close = source.indexOf(']', open)
    if (close < 0) break
    const near = source.slice(Math.max(from, open - MAX_TARGET_CHARACTERS), open)
    const word = near
      .slice(Math.max(...[' ', '\t', '\n'].map((space) => near.lastIndexOf(space))) + 1)
      .replace(/^[^\p{L}]{1,10}/u, '')
    const [, name, target = ''] = MACRO.exec(word) ?? []
    if (name === undefined) continue
    parts.push(source.slice(from, open - word.length), macroText(name, target, source.slice(open + 1, close)))
    from = close + 1
    open = close
  }
  return parts.join('') + source.slice(from)
}

function macroText(name: string, target: string, label: string): string {
  if (name === 'menu') return [target, label].filter(Boolean).join(' > ')
  const shown = firstLabel(label)
  const isAddress = target.startsWith('//')
  const address = isAddress ? `${name}:${target}` : target
  return isAddress && shown !== '' ? `${shown} <${address}>` : shown || address
}

/** `Save,role=button,window=_blank` and `"Save, all",role=x` without what follows the label. */
function firstLabel(label: string): string {
  const quoted = /^"([^"]*)"/u.exec(label)?.[1]
  if (quoted !== undefined) return quoted
  const parts = label.split(',')
  const named = parts.findIndex((part, at) => at > 0 && /^\s*[\w-]{1,40}=/u.test(part))
  return (named < 0 ? parts : parts.slice(0, named)).join(',').replace(/\^$/u, '').trim()
}
