/** What a reader gets from logs and rows in every combination, without a daemon. */
import { describe, expect, test } from 'vitest'
import { type ReadOptions, readAnswer } from '../../../src/answers/read.ts'
import type { AnswerEvent, Position } from '../../../src/domain/answer.ts'
import { ChatbotError } from '../../../src/domain/errors.ts'
import { AnswerLog, type AnswerLogs, type LoggedEvent } from '../../../src/ports/answer-log.ts'
import type { Standing } from '../../../src/ports/store/answers.ts'
import { answerOf, askOf } from '../../conformance/store-fixtures.ts'

const ANSWER = answerOf(askOf(), 'c', { text: 'one two' })
const DONE: AnswerEvent = { type: 'done', answer: ANSWER }
const FINISHED: Standing = { kind: 'finished', conversation: 'c', epoch: 2, seq: 4, answer: ANSWER }
const delta = (text: string): AnswerEvent => ({ type: 'delta', text })
const at = (epoch: number, seq: number, event: AnswerEvent): LoggedEvent => ({ epoch, seq, event })

/** The attempts of an answer that was taken over, as the stream has them. */
const STREAM = [
  at(1, 1, delta('one')),
  at(1, 2, delta(' 2')),
  at(2, 1, { type: 'restart', keep: 3, kept: 'one' }),
  at(2, 2, delta(' two')),
  at(2, 3, { type: 'stage', stage: 'storing', state: 'finished' }),
  at(2, 4, DONE),
]

interface Scene {
  readonly stream?: readonly LoggedEvent[]
  readonly local?: AnswerLog
  readonly row?: Standing
  readonly after?: Position
}

async function read({ stream = [], local, row = FINISHED, after }: Scene): Promise<LoggedEvent[]> {
  const logs: AnswerLogs = {
    open: () => expect.unreachable(),
    local: () => local,
    recall: async () => stream,
    async *follow(_answer, { epoch, seq }) {
      yield* stream.filter((one) => one.epoch > epoch || (one.epoch === epoch && one.seq > seq))
    },
  }
  const options: ReadOptions = {
    answer: 'a',
    logs,
    signal: AbortSignal.timeout(10_000),
    ...(after === undefined ? {} : { after }),
    look: async () => ({
      state: row.kind === 'finished' ? 'complete' : row.kind === 'ended' ? row.state : 'running',
      epoch: row.epoch,
      lapsed: false,
    }),
    find: async () => row,
    takeOver: () => expect.unreachable(),
    mayTakeOver: () => true,
  }
  const seen: LoggedEvent[] = []
  for await (const logged of readAnswer(options)) seen.push(logged)
  return seen
}

const logOf = (epoch: number, events: readonly AnswerEvent[]): AnswerLog => {
  const log = new AnswerLog(epoch)
  for (const event of events) log.append(event)
  return log
}

describe('a reader', () => {
  test('gets everything from the stream, and the end because the row confirms it', async () => {
    expect(await read({ stream: STREAM })).toEqual(STREAM)
  })

  test('who has a part gets exactly the rest', async () => {
    expect(await read({ stream: STREAM, after: { epoch: 2, seq: 1 } })).toEqual(STREAM.slice(3))
  })

  test('whose text is not known gets the text that a restart keeps', async () => {
    const rest = await read({ stream: STREAM, after: { epoch: 1, seq: 1 } })
    expect(rest[0]).toEqual(STREAM[1])
    expect(rest[1]).toEqual(at(2, 1, { type: 'snapshot', text: 'one' }))
    expect(rest.slice(2)).toEqual(STREAM.slice(3))
  })

  test('gets a snapshot for what the stream has lost, and the end with its number', async () => {
    const end = [at(2, 3, { type: 'snapshot', text: 'one two' }), at(2, 4, DONE)]
    expect(await read({})).toEqual(end)
    expect(await read({ after: { epoch: 1, seq: 2 } })).toEqual(end)
    expect(await read({ stream: STREAM.slice(0, 4) })).toEqual([...STREAM.slice(0, 4), ...end])
    expect(await read({ after: { epoch: 2, seq: 3 } })).toEqual(end.slice(1))
    expect(await read({ after: { epoch: 2, seq: 4 } })).toEqual(end.slice(1))
  })

  test('never believes an end that the row does not have', async () => {
    const error = new ChatbotError('interrupted', 'Stopped.')
    const woken = [at(1, 1, delta('one')), at(1, 2, { type: 'error', error })]
    expect((await read({ stream: woken })).map(({ event }) => event.type)).toEqual([
      'delta',
      'snapshot',
      'done',
    ])
    expect((await read({ local: logOf(1, [delta('one'), { type: 'error', error }]) })).at(-1)).toEqual(
      at(2, 4, DONE),
    )
  })

  test('gets earlier attempts from the stream and the latest from the log here', async () => {
    const local = logOf(2, [
      { type: 'restart', keep: 3, kept: 'one' },
      delta(' two'),
      { type: 'stage', stage: 'storing', state: 'finished' },
      DONE,
    ])
    expect(await read({ stream: STREAM, local })).toEqual(STREAM)
  })

  test('gets the error of an answer that has ended, after the text until then', async () => {
    const row: Standing = {
      ...{ kind: 'ended', conversation: 'c', epoch: 1, seq: 3, state: 'cancelled', text: 'one' },
      ...{ errorCode: 'cancelled', errorMessage: 'The answer was cancelled.' },
    }
    expect(await read({ row })).toMatchObject([
      { epoch: 1, seq: 2, event: { type: 'snapshot', text: 'one' } },
      { epoch: 1, seq: 3, event: { type: 'error', error: { code: 'cancelled' } } },
    ])
  })

  test('goes on after the last event that an earlier version has numbered', async () => {
    const row: Standing = { ...FINISHED, epoch: 1, seq: 0 }
    expect((await read({ row, after: { epoch: 1, seq: 7 } })).at(-1)).toMatchObject({ epoch: 1, seq: 8 })
  })
})
