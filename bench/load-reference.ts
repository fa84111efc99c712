/**
 * What a cached answer costs at least, as its own process: bare `ws`, one limiter script, one GET, and the inserts of
 * an answer in one transaction. Prints its port; a message `rss` gets its memory.
 */
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import pg from 'pg'
import { WebSocketServer } from 'ws'
import { z } from 'zod'

const {
  DATABASE_URL = '',
  REDIS_URL = '',
  CACHED_KEY = '',
  KEY_PREFIX = '',
  COLLECTIONS = '[]',
} = process.env
const redis = new Redis(REDIS_URL)
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })

/** A token bucket. */
const LIMITER = `local bucket = redis.call('HMGET', KEYS[1], 'left', 'at')
  local now, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local left = math.min(burst, (tonumber(bucket[1]) or burst) + (now - (tonumber(bucket[2]) or now)) * rate)
  if left < 1 then return 0 end
  redis.call('HSET', KEYS[1], 'left', left - 1, 'at', now)
  redis.call('PEXPIRE', KEYS[1], 60000)
  return 1`
const limiter = String(await redis.script('LOAD', LIMITER))

const askSchema = z.object({ id: z.string(), question: z.string() })
const cachedSchema = z.object({
  text: z.string(),
  citations: z.array(
    z.object({
      number: z.number(),
      document: z.string(),
      uri: z.string(),
      title: z.string(),
      start: z.number(),
      end: z.number(),
      text: z.string(),
      score: z.number(),
    }),
  ),
})

async function answer(principal: string, message: string): Promise<string> {
  const { id, question } = askSchema.parse(JSON.parse(message))
  if (
    (await redis.evalsha(limiter, 1, `${KEY_PREFIX}:reference:${principal}`, Date.now(), 1000, 1_000_000)) ===
    0
  )
    throw new Error('limited')
  const { text, citations } = cachedSchema.parse(JSON.parse((await redis.get(CACHED_KEY)) ?? ''))
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const conversation = randomUUID()
    await client.query('INSERT INTO conversations (id, principal, title) VALUES ($1, $2, $3)', [
      conversation,
      principal,
      question,
    ])
    await client.query(
      `INSERT INTO answers (principal, id, conversation_id, body_hash, state, lease_owner, lease_until, question, language,
        collections, generator, text) VALUES ($1, $2, $3, 'hash', 'complete', 'me', now(), $4, 'en', $5, 'extractive', $6)`,
      [principal, id, conversation, question, COLLECTIONS, text],
    )
    await client.query(
      `INSERT INTO messages (conversation_id, principal, answer_id, role, text)
        VALUES ($1, $2, $3, 'user', $4), ($1, $2, $3, 'assistant', $5)`,
      [conversation, principal, id, question, text],
    )
    for (const [position, { number, document, uri, title, start, end, text, score }] of citations.entries()) {
      await client.query(
        'INSERT INTO citations (principal, answer_id, position, number, document_id, uri, title, start_offset, end_offset, text, score) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
        [principal, id, position, number, document, uri, title, start, end, text, score],
      )
    }
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  return JSON.stringify({ type: 'done', id, answer: { id, question, text, citations } })
}

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('connection', (socket) => {
  const principal = `reference:${randomUUID()}`
  socket.on('message', (data) => {
    const text = String(data)
    if (text.startsWith('{"type":"hello"')) socket.send('{"type":"welcome"}')
    else
      answer(principal, text).then(
        (reply) => socket.send(reply),
        (error: unknown) => socket.send(JSON.stringify({ type: 'error', message: String(error) })),
      )
  })
})
server.on('listening', () =>
  process.send?.({ port: z.object({ port: z.number() }).parse(server.address()).port }),
)
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }))
