import { PATTERNS } from '../../src/generate/editions/patterns.ts'
import { DATE_WORD, NUMBER_WORD } from '../../src/generate/extractive/expected.ts'

/**
 * Regexes of which recheck cannot tell how their time grows, each with the reason why it is linear all the same.
 * What recheck calls vulnerable has no place here: write it otherwise.
 */
export interface Excused {
  readonly regex: RegExp
  readonly reason: string
}

const WORDS =
  'a choice of words; the lookbehind lets none begin inside a word, and no word has a second way to fit'
const BOUNDED = 'what is repeated without being told from what follows it ends after 200 characters'
const BOUNDED_PARTS = 'each quotation ends after 200 characters, and none begins inside another'
const ANCHORED =
  'it is tried at one place alone, and no part of it can take what the part after it begins with in two ways'
const ONE_START = 'the lookbehind lets a match begin only where its run begins, and each run is read once'
const DISTINCT =
  'what ends each part is not in the characters that it repeats, so that none is read from two beginnings'

export const EXCUSED: readonly Excused[] = [
  ...Object.values(PATTERNS).map((regex) => ({ regex, reason: WORDS })),
  { regex: DATE_WORD, reason: WORDS },
  { regex: NUMBER_WORD, reason: WORDS },
  {
    regex:
      /(?<!(?:^|[.?!:])\s{0,20})\p{Lu}[\p{L}\p{N}'’/-]*(?:\s+(?:(?:of|the|and|de|von|van|der|du|la)\s+)*\p{Lu}[\p{L}\p{N}'’/-]*)*|«[^»]{1,200}»|"[^"]+"|“[^”]{1,200}”/gu,
    reason: `words between blanks fit in one way, and a mark that is left open by itself is the last one; ${BOUNDED}`,
  },
  { regex: /!?\[(?!\d+\])([^[\]\n]+)\]\(/g, reason: DISTINCT },
  { regex: /(?<!\d)\d+(?: \d+)+/g, reason: ONE_START },
  { regex: /\bwhat (?:does|do) (.{1,200}?) (?:mean|stand for)\b/gu, reason: BOUNDED },
  { regex: /\bwhat did (.{1,200}?) (?:mean|stand for)\b/gu, reason: BOUNDED },
  { regex: /\bhow (?:is|are) (.{1,200}?) different (?:from|to|than) /gu, reason: BOUNDED },
  {
    regex:
      /(?<![\p{L}\p{N}])"(?=\S)([^"\n]{2,200})(?<=\S)"(?![\p{L}\p{N}])|«([^«»\n]{2,200})»|“([^“”\n]{2,200})”|„([^„“”\n]{2,200})[“”]/gu,
    reason: BOUNDED_PARTS,
  },
  {
    regex:
      /^(?<tls>redis|rediss)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?]+)(?<path>\/[^?]*)?(?:\?(?<query>.*))?$/,
    reason: ANCHORED,
  },
  {
    regex:
      /^(?:export\s+)?(?:const|let|var)\s+(?<name>[\p{L}_$][\p{L}\p{N}_$]{0,80})\s*(?::[^=]{0,120})?=\s*(?:async\s*)?(?:function\b|\(|[\p{L}_$][\p{L}\p{N}_$]*\s*=>|\{|\[)/u,
    reason: ANCHORED,
  },
  {
    regex:
      /^(?:\s{1,8}(?:public|private|protected|static|final|virtual|inline|override|async|abstract)\s+)?[\p{L}_][\p{L}\p{N}_<>:,*&[\]\s]{0,160}[\s*&]$/u,
    reason: ANCHORED,
  },
  {
    regex:
      /^\s*(?:return|else|if|for|while|switch|case|throw|new|await|yield|import|using|delete|goto|in|and|or|not|print|echo|assert|raise|from|let|var|const)\b/u,
    reason: ANCHORED,
  },
  {
    regex:
      /^\s*(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|sealed|partial|override|virtual|async|inline|extern|unsafe|pub(?:\([\w:]+\))?|open|data|case|suspend|local|readonly|const|constexpr|mut)\s+)*(?:class|interface|enum|struct|union|trait|impl(?:<[^>]{0,80}>)?|protocol|extension|object|record|module|namespace|package|fn|func|fun|function\*?|def|defp|defmodule|defmacro|sub|proc|macro|type|message|service|resource|contract|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW|FUNCTION|PROCEDURE|INDEX|TRIGGER|TYPE))\s+(?:\([^)]{0,80}\)\s*)?(?:IF\s+NOT\s+EXISTS\s+)?["`]?(?<name>[\p{L}_$][\p{L}\p{N}_$.:!?-]{0,80})/iu,
    reason: ANCHORED,
  },
  {
    regex: /^(?:[!-9;-~]{1,80}:[^\n]*(?:\n|\r\n|$)|[ \t][^\n]*(?:\n|\r\n|$)|From [^\n]*\n)+/u,
    reason: ANCHORED,
  },
  { regex: /^(?:https?:|mailto:)\S{1,200}$/iu, reason: ANCHORED },
  {
    regex:
      /^(?:(?:chapter|part|section|appendix|глава|часть|раздел|приложение)\s+)?[\p{L}\d]{1,3}(?:\.\d+)*\.?\s+/iu,
    reason: ANCHORED,
  },
  { regex: /(?<![\p{L}\p{N}_:~])[\p{L}_~][\p{L}\p{N}_:~]*$/u, reason: ONE_START },
  { regex: /(?<![ \t#])[ \t#]+$/u, reason: ONE_START },
  { regex: /(?<![\d.])[\d.]+%/gu, reason: ONE_START },
  { regex: /(?<![a-z0-9])([a-z0-9]+)\(([^()]*)\)/gu, reason: ONE_START },
  { regex: /(?<![^\s([{«"“„'*_])[^\s([{«"“„'*_]*$/u, reason: ONE_START },
  {
    regex: /(?<!\p{L})(?<!\p{L}[-\u2010\u2011])(\p{L}+(?:[-\u2010\u2011]\p{L}+)*)([-\u2010\u00ad])$/u,
    reason: ONE_START,
  },
  { regex: /(?:(?<!\d)\d+|(?<![ivxlc])[ivxlc]+)$/u, reason: ONE_START },
  { regex: /(?<![\w-])[\w-]+\([^()]*\)|#\w+|[a-z]+/giu, reason: ONE_START },
  { regex: /(?<![\w-])(?:url|[\w-]*gradient|image-set)\(/iu, reason: ONE_START },
  { regex: /<(\/?)([a-z][a-z0-9-]*)(?![a-z0-9-])[^<>]*>/giu, reason: DISTINCT },
  { regex: /\[(\s*[1-9]\d{0,2}(?:\s*,\s*[1-9]\d{0,2})*\s*)\](?![.([]?[\p{L}_])/gu, reason: DISTINCT },
  {
    regex:
      /(?:\b(?:https?|ftp|wss?|file):\/*|\b(?:data|javascript|vbscript|mailto):(?=\S)|(?<![:\p{L}\p{N}])\/\/(?:(?=[\p{L}\p{N}-]+\.[\p{L}]{2,})|(?=(?:\d+\.){0,3}\d+[/:?#])|\[[\p{AHex}:.]+\]))[^\s<>()"'`|\]]+/giu,
    reason: DISTINCT,
  },
  {
    regex:
      /\p{L}[\p{L}\p{M}\p{N}]*(?:['’]\p{L}+)?(?:\+\+|#)?|[\p{N}]+(?:[.,:/-]\p{N}+)*(?:\p{L}+)?|[$€£₽₹%<>=≠≤≥±*^~&+]+|[,;:()«»“”"—–]|!=|-(?=\p{N})|\p{S}/gu,
    reason: DISTINCT,
  },
  { regex: /(?<=\p{Lu}\p{Ll}+ )I(?![\p{L}\p{N}'])/gu, reason: DISTINCT },
]
