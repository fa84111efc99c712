import type { Hook } from '@oclif/core'
import { CLIError } from '@oclif/core/errors'
import { escapedJson } from '../../src/domain/escaped-json.ts'
import { printable } from '../../src/domain/printable.ts'
import { optionsOf } from './command.ts'

/** Suggests the nearest command for an unknown one; exit status 2, as for every usage error. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  // The id may contain arguments, so every command is compared with as many words as it has.
  const words = id.split(':')
  const [nearest] = config.commandIDs
    .map((command) => {
      const given = words.slice(0, command.split(':').length).join(' ')
      const name = command.replaceAll(':', ' ')
      return { name, given, distance: distance(given, name) }
    })
    .sort((one, other) => one.distance - other.distance)
  const known = longestKnown(words, config.commandIDs)
  const near = nearest !== undefined && nearest.distance <= Math.max(1, nearest.name.length / 3)
  const message = known
    ? `\`chatbot ${known.name}\` takes no word “${known.extra}”. \`chatbot help ${known.name}\` shows what it takes.`
    : near
      ? `There is no command \`${nearest.given}\`. Did you mean \`chatbot ${nearest.name}\`?`
      : `There is no command \`${words[0]}\`. \`chatbot help\` lists all commands.`
  if (!optionsOf(process.argv).includes('--json')) throw new CLIError(printable(message), { exit: 2 })
  process.stdout.write(`${escapedJson({ error: { code: 'bad_request', message } }, 2)}\n`)
  process.exit(2)
}

export default commandNotFound

/** The command that the words begin with, and the first word behind it. */
function longestKnown(
  words: readonly string[],
  commands: readonly string[],
): { readonly name: string; readonly extra: string } | undefined {
  for (let count = words.length - 1; count > 0; count -= 1) {
    if (!commands.includes(words.slice(0, count).join(':'))) continue
    return { name: words.slice(0, count).join(' '), extra: words[count] ?? '' }
  }
  return undefined
}

/** Levenshtein distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (const [column, against] of [...other].entries()) {
      const replaced = (row[column] ?? 0) + (letter === against ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
