/** A fault of ours in the handler of a socket: that socket ends, and the process does not. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { localGate } from '../../../../daemon/gate.ts'
import type { Life } from '../../../../daemon/services.ts'
import { socketServer } from '../../../../daemon/socket/server.ts'
import { loadConfig } from '../../../../src/config/load.ts'
import { rawSocket } from '../../../support/raw-socket.ts'

const logged: string[] = []
const log = pino({ level: 'error' }, { write: (line: string) => logged.push(line) })
let fails = false
const life: Life = {
  phase: { name: 'starting', awaiting: 'nothing' },
  version: '1',
  startedAt: new Date(),
  touch() {
    if (fails) throw new RangeError('Maximum call stack size exceeded')
  },
  stop() {},
  closing: new AbortController().signal,
  listen: null,
  idleStopMinutes: null,
  sockets: () => 0,
}
const server = createServer()
const sockets = socketServer(life, loadConfig({ env: { CHATBOT_DATA_DIR: tmpdir() } }).config, log)
sockets.attach(server, localGate)
const greeted = async () => {
  const { port } = z.custom<AddressInfo>((value) => typeof value === 'object').parse(server.address())
  const socket = await rawSocket(`ws://127.0.0.1:${port}/ws`)
  socket.send({ type: 'hello' })
  await socket.wait('welcome')
  return socket
}

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(async () => {
  await sockets.close('draining')
  server.close()
})

test('closes the socket with 4410 and is logged; others live', async () => {
  await using other = await greeted()
  await using socket = await greeted()
  fails = true
  socket.send({ type: 'cancel', id: '0198c7a0-0000-7000-8000-000000000000' })
  expect(await socket.closed).toBe(4410)
  fails = false
  expect(logged.join()).toContain('Maximum call stack size exceeded')
  other.send({ type: 'history', id: '0198c7a0-0000-7000-8000-000000000000', conversation: 'a' })
  expect(await other.wait('error')).toMatchObject({ code: 'overloaded' })
})
