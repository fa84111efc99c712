/** An engine that says half of every answer at once, and the rest when a test tells it to. */
import type { ServerResponse } from 'node:http'
import { type FakeRequest, fakeOpenai, open, write } from './fake-openai.ts'

export interface HalfEngine extends AsyncDisposable {
  readonly baseUrl: string
  readonly requests: readonly FakeRequest[]
  /** How many answers it was asked for since `reset`. */
  begun: () => number
  /** The so-many-th of these. */
  generation: (number: number) => Promise<ServerResponse>
  reset: () => void
}

export async function halfEngine(): Promise<HalfEngine> {
  let begun: ServerResponse[] = []
  let notify = () => {}
  const engine = await fakeOpenai((response) => {
    open(response)
    say(response, 'The first half')
    begun.push(response)
    notify()
  })
  return {
    baseUrl: engine.baseUrl,
    requests: engine.requests,
    begun: () => begun.length,
    async generation(number) {
      for (;;) {
        const response = begun[number - 1]
        if (response !== undefined) return response
        await new Promise<void>((resolve) => {
          notify = resolve
        })
      }
    },
    reset() {
      begun = []
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

export const say = (response: ServerResponse, content: string): void =>
  write(response, { choices: [{ index: 0, delta: { content }, finish_reason: null }] })

/** Says the rest. */
export function finish(response: ServerResponse, rest: string): void {
  say(response, rest)
  write(response, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  response.end('data: [DONE]\n\n')
}
