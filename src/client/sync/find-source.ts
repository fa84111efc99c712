import { realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { RouteResponse } from '../../api/routes.ts'
import { ChatbotError } from '../../domain/errors.ts'
import { isWebAddress, parseWebAddress } from '../../fetch/web-address.ts'

export type ListedSource = RouteResponse<'listSources'>['sources'][number]

/** Whether this machine can read the source's files. */
export const isHere = ({ machine }: Pick<ListedSource, 'machine'>) => machine === '' || machine === hostname()

/**
 * Finds a source by path, pattern or address as given to `ingest`, otherwise by id or its beginning (at least 4
 * characters). Throws `unknown_source`, and `bad_request` if several match.
 */
export function findSource(sources: readonly ListedSource[], name: string): ListedSource {
  const location = locationOf(name)
  const placed = sources.filter((source) => source.location === location || source.location === name)
  const here = placed.filter(isHere)
  const found =
    here.length > 0 ? here : placed.length > 0 ? placed : sources.filter(({ id }) => isPrefix(name, id))
  const [first, ...others] = found
  if (first === undefined) {
    throw new ChatbotError(
      'unknown_source',
      `There is no source "${name}". \`chatbot sources list\` shows those that exist.`,
    )
  }
  if (others.length === 0) return first
  const choices = found.map(({ id, collection }) => `${id.slice(0, 8)} (collection ${collection})`)
  throw new ChatbotError(
    'bad_request',
    `"${name}" matches several sources; use one of these ids: ${choices.join(', ')}.`,
  )
}

const isPrefix = (name: string, id: string) => name.length >= 4 && id.startsWith(name.toLowerCase())

function locationOf(name: string): string {
  if (isWebAddress(name)) return parseWebAddress(name).href
  try {
    return realpathSync(resolve(name))
  } catch {
    // A folder that no longer exists, or a pattern.
    return resolve(name)
  }
}
