/** An embedding endpoint's stand-in: speaks /v1/embeddings, and fails as it is told. */
import { createServer, type ServerResponse } from 'node:http'
import { z } from 'zod'

const requestSchema = z.object({ input: z.array(z.string()) })

export interface EmbeddingServer extends AsyncDisposable {
  readonly baseUrl: string
  /** Texts of all requests that were answered. */
  readonly embedded: string[]
  /** Taken by the next requests, one each; the rest are answered. */
  faults: Fault[]
  /** What every request gets, until it is undefined again. */
  always: Fault | undefined
}

export type Fault = (response: ServerResponse) => void

export const DIMENSIONS = 3

export async function embeddingServer(): Promise<EmbeddingServer> {
  const embedded: string[] = []
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const piece of incoming) body += String(piece)
    const { input } = requestSchema.parse(JSON.parse(body))
    const fault = state.faults.shift() ?? state.always
    if (fault !== undefined) return fault(response)
    embedded.push(...input)
    answer(
      response,
      input.map((text) => [text.length, text.charCodeAt(0), 1]),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const state: EmbeddingServer = {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    embedded,
    faults: [],
    always: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return state
}

function answer(response: ServerResponse, vectors: readonly (readonly number[])[]): void {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }))
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data }))
}

export const refusing =
  (status: number, headers: Readonly<Record<string, string>> = {}): Fault =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ error: { message: 'no' } }))
  }

/** The connection ends in the middle of the answer. */
export const cut: Fault = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"data":[{"index":0,', () => response.destroy())
}

export const page: Fault = (response) => {
  response.setHeader('content-type', 'text/html').end('<html>Log in</html>')
}

export const narrow: Fault = (response) => answer(response, [[1, 2]])

/** No answer at all. */
export const silent: Fault = () => {}
