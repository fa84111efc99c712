import { ChatbotError } from '../domain/errors.ts'

/** The address as it names a document: normal form, no fragment. Throws `bad_request`. */
export function parseWebAddress(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ChatbotError('bad_request', `"${text}" is not an http or https address.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new ChatbotError(
      'bad_request',
      'An address with a user name or password would be stored with it. Download the page and ingest the file.',
    )
  }
  url.hash = ''
  return url
}

export const isWebAddress = (text: string) => /^https?:\/\//i.test(text)
