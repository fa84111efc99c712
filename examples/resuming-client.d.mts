import type WebSocket from 'ws'

interface Ask {
  readonly urls: readonly string[]
  readonly token: string
  readonly question: string
  readonly id?: string
  readonly onMessage?: (message: unknown, text: string) => void
  readonly onSocket?: (socket: WebSocket) => void
  /** Further fields of the `ask`. */
  readonly [option: string]: unknown
}

export declare function ask(request: Ask): Promise<{ readonly text: string }>
