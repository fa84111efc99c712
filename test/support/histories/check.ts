/** What must hold of every history, whatever went wrong in it. */

/** A numbered message as a client received it, with the text that the client had after it. */
export interface Seen {
  readonly type: string
  readonly epoch: number
  readonly seq: number
  /** All of the message but its id. */
  readonly body: string
  readonly text: string
  /** Of an `error`. */
  readonly code?: string | undefined
  /** When it came, from the start of the history. */
  readonly atMs: number
}

export interface SeenByClient {
  readonly client: number
  readonly ask: string
  readonly seen: readonly Seen[]
  /** False: it still waits. */
  readonly hasEnded: boolean
}

export interface StoredAnswer {
  readonly id: string
  readonly state: string
  readonly epoch: number
  readonly lastSeq: number | null
  readonly text: string
  readonly errorCode: string | null
  /** Roles of its messages in the conversation, in order. */
  readonly said: readonly string[]
}

export interface History {
  readonly clients: readonly SeenByClient[]
  readonly rows: readonly StoredAnswer[]
  /** Texts in the cache, with the state of the answer that each came from. */
  readonly cached: readonly {
    readonly source: string
    readonly state: string | null
    readonly text: string
  }[]
}

const isEnd = ({ type }: Seen) => type === 'done' || type === 'error'

/** What the history violates, in words; empty if nothing. */
export function violationsOf({ clients, rows, cached }: History): string[] {
  const rowOf = new Map(rows.map((row) => [row.id, row]))
  return [
    ...clients.flatMap((client) => [
      ...inOrder(client).map((what) => `client ${client.client}: ${what}`),
      ...asStored(client, rowOf.get(client.ask)).map((what) => `client ${client.client}: ${what}`),
    ]),
    ...sameForAll(clients),
    ...rows.flatMap((row) => saidOnce(row)),
    ...cached.flatMap(({ source, state, text }) =>
      state === 'complete' && rowOf.get(source)?.text === text
        ? []
        : [`the cache holds the text of ${source}, which is ${state} with another`],
    ),
  ]
}

/** Its events come without a gap, and nothing after the end. */
function inOrder({ seen, hasEnded }: SeenByClient): string[] {
  const wrong = hasEnded ? [] : ['waits for ever']
  for (const [index, now] of seen.entries()) {
    const before = seen[index - 1]
    const where = `${now.epoch}-${now.seq} ${now.type}`
    if (before !== undefined && isEnd(before)) wrong.push(`${where} after the end`)
    if (now.type === 'snapshot') continue
    const next = before !== undefined && before.epoch === now.epoch ? before.seq + 1 : 1
    if (now.seq !== next) wrong.push(`${where} after ${before?.epoch}-${before?.seq}: a gap`)
  }
  return wrong
}

/** Its end and its text are those of the row. */
function asStored({ ask, seen }: SeenByClient, row: StoredAnswer | undefined): string[] {
  const last = seen.at(-1)
  if (last === undefined || !isEnd(last)) return []
  if (row === undefined) return [`${ask} has ended, but has no row`]
  const stored = `${row.state} (${row.errorCode ?? 'no error'}) at ${row.epoch}-${row.lastSeq}`
  const told = `${last.type} ${last.code ?? ''} at ${last.epoch}-${last.seq}`
  const isSame =
    row.epoch === last.epoch &&
    (row.lastSeq ?? last.seq) === last.seq &&
    (last.type === 'done' ? row.state === 'complete' : row.errorCode === last.code)
  const wrong = isSame ? [] : [`${ask} ended with ${told}, but the row says ${stored}`]
  if (last.type === 'done' && row.text !== last.text)
    wrong.push(`${ask} shows ${JSON.stringify(last.text)}, but ${JSON.stringify(row.text)} is stored`)
  return wrong
}

/** A number names one event, and one text after it. */
function sameForAll(clients: readonly SeenByClient[]): string[] {
  const bodies = new Map<string, string>()
  const texts = new Map<string, string>()
  const wrong: string[] = []
  const check = (known: Map<string, string>, place: string, value: string, what: string) => {
    const before = known.get(place)
    if (before !== undefined && before !== value) wrong.push(`${place}: two ${what}: ${before} and ${value}`)
    known.set(place, value)
  }
  for (const { ask, seen } of clients) {
    for (const { type, epoch, seq, body, text } of seen) {
      const place = `${ask} ${epoch}-${seq}`
      if (type !== 'snapshot') check(bodies, place, body, 'events')
      check(texts, place, text, 'texts')
    }
  }
  return wrong
}

function saidOnce({ id, state, said }: StoredAnswer): string[] {
  const expected = state === 'complete' ? 'user assistant' : undefined
  const roles = said.join(' ')
  if (expected !== undefined && roles !== expected) return [`${id} is complete, but was said as ${roles}`]
  return said.filter((role) => role === 'assistant').length > 1 ? [`${id} was answered twice`] : []
}
