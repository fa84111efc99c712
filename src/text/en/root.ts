/** The word without inflectional and derivational endings: equal for `installing`, `installed` and `installation`. */
export function root(word: string): string {
  let rest = word
  if (/ies$/u.test(rest) && rest.length > 4) rest = `${rest.slice(0, -3)}y`
  else if (/(?:ss|sh|ch|x|z)es$/u.test(rest)) rest = rest.slice(0, -2)
  else if (/[^siu]s$/u.test(rest)) rest = rest.slice(0, -1)
  const before = beforeSuffix(rest)
  if (before !== undefined && before.length >= 3) rest = before.replace(/([bdfgmnprt])\1$/u, '$1')
  return rest.replace(/e$/u, '').replace(/i$/u, 'y')
}

const SUFFIXES = 'ation ations ing edly ed ly ment er or ion al ity ness ive ous ful est'.split(' ')

/** The part before the longest suffix after the last vowel that has a suffix after it. */
function beforeSuffix(word: string): string | undefined {
  const starts = SUFFIXES.filter((suffix) => word.endsWith(suffix)).map(
    (suffix) => word.length - suffix.length,
  )
  let vowel = Math.max(0, ...starts) - 1
  while (vowel >= 0 && !'aeiouy'.includes(word[vowel] ?? '')) vowel--
  return vowel < 0 ? undefined : word.slice(0, Math.min(...starts.filter((start) => start > vowel)))
}
