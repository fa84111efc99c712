/** An answer that survives its socket and its daemon. `urls`: the daemons of an installation, or their load balancer. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'

export async function ask({ urls, token, id = randomUUID(), question, onMessage, onSocket, ...options }) {
  const have = { accepted: false, epoch: 0, seq: 0, text: '' }
  for (let attempt = 0; ; attempt++) {
    const socket = new WebSocket(urls[attempt % urls.length], 'chatbot.v1')
    const send = (message) => socket.send(JSON.stringify(message))
    const { promise: over, resolve, reject } = Promise.withResolvers()
    onSocket?.(socket)
    socket.on('open', () => send({ type: 'hello', token }))
    socket.on('error', () => undefined)
    socket.on('close', (code) => (code >= 4400 && code <= 4499 ? reject(new Error(`closed: ${code}`)) : resolve()))
    socket.on('message', (frame) => {
      const message = JSON.parse(frame)
      const { type, epoch, seq } = message
      if (type === 'welcome' && have.accepted) send({ type: 'resume', id, epoch: have.epoch, seq: have.seq })
      else if (type === 'welcome') send({ type: 'ask', id, question, ...options })
      if (message.id !== id) return
      if (type === 'accepted') have.accepted = true
      // An error without a number is of this request, not the answer's end: some pass.
      if (type === 'error' && seq === undefined && message.retryAfterMs !== undefined) socket.close()
      else if (type === 'error' && seq === undefined) reject(new Error(message.message))
      if (seq === undefined || epoch < have.epoch || (epoch === have.epoch && seq <= have.seq)) return
      Object.assign(have, { epoch, seq })
      if (type === 'delta') have.text += message.text
      if (type === 'restart') have.text = have.text.slice(0, message.keep)
      if (type === 'snapshot') have.text = message.text
      onMessage?.(message, have.text)
      if (type === 'done') resolve(message.answer)
      if (type === 'error') reject(new Error(message.message))
    })
    const answer = await over.finally(() => socket.close())
    if (answer !== undefined) return answer
    await sleep(Math.min(5000, 100 * 2 ** attempt) * (0.5 + Math.random() / 2))
  }
}
