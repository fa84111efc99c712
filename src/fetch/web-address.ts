import { ChatbotError } from '../domain/errors.ts'

/** The URL as a document's name: normalised, without fragment. Throws `bad_request`. */
export function parseWebAddress(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ChatbotError('bad_request', `"${text}" is not an http or https address.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ChatbotError(
      'bad_request',
      'The address contains a user name or password, which would be stored. Download the page and ingest the file.',
    )
  }
  url.hash = ''
  return url
}

export const isWebAddress = (text: string) => /^https?:\/\//i.test(text)
