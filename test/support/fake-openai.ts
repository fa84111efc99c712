/** A paid API's stand-in: an HTTP server that speaks the wire format of /v1/chat/completions. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'

const requestSchema = z.object({
  model: z.string(),
  stream: z.literal(true),
  messages: z.array(z.object({ role: z.string(), content: z.string(), prefix: z.literal(true).optional() })),
  add_generation_prompt: z.literal(false).optional(),
  continue_final_message: z.literal(true).optional(),
  temperature: z.number().optional(),
  max_tokens: z.int().optional(),
  max_completion_tokens: z.int().optional(),
})

export type FakeRequest = z.infer<typeof requestSchema> & { readonly authorization: string | undefined }

export interface FakeOpenai extends AsyncDisposable {
  readonly baseUrl: string
  readonly requests: FakeRequest[]
}

/** What to do with a request, after it was read and recorded. */
export type Reply = (response: ServerResponse, request: FakeRequest) => void | Promise<void>

export async function fakeOpenai(reply: Reply): Promise<FakeOpenai> {
  const requests: FakeRequest[] = []
  const server = createServer(async (incoming, response) => {
    const parsed = requestSchema.parse(JSON.parse(await body(incoming)))
    const request = { ...parsed, authorization: incoming.headers.authorization }
    requests.push(request)
    await reply(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    baseUrl: `http://127.0.0.1:${address.port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Streams these pieces as chat completion chunks, with usage, to the end. */
export const streaming =
  (pieces: readonly string[], finish = 'stop'): Reply =>
  (response) => {
    open(response)
    for (const piece of pieces)
      write(response, { choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] })
    write(response, { choices: [{ index: 0, delta: {}, finish_reason: finish }] })
    write(response, { choices: [], usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } })
    response.end('data: [DONE]\n\n')
  }

export function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

export function write(response: ServerResponse, part: object): void {
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'fake', ...part }
  response.write(`data: ${JSON.stringify(chunk)}\n\n`)
}

export const failing =
  (status: number, message: string, headers: Record<string, string> = {}): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ error: { message, type: 'error', code: null } }))
  }

async function body(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of incoming) text += String(piece)
  return text
}
