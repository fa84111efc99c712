/**
 * A path pattern as an anchored PostgreSQL regular expression: `?` is one character and `*` any number of them
 * within a folder, `**` also across folders, `**` + `/` no folder too. All else stands for itself.
 */
export function globToRegex(glob: string): string {
  const body = glob.replace(/\*\*\/|\*\*|[*?\\^$.|+()[\]{}]/g, (token) => {
    if (token === '**/') return '(.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return `\\${token}`
  })
  return `^${body}$`
}
