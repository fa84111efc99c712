import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A document that never changes while the daemon runs: created once, with an ETag for clients that have it. */
export function staticDocument(
  type: string,
  make: () => Buffer,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  let made: { readonly content: Buffer; readonly tag: string } | undefined
  return (request, reply) => {
    if (made === undefined) {
      const content = make()
      made = { content, tag: `"${createHash('sha256').update(content).digest('base64url')}"` }
    }
    const { content, tag } = made
    reply.header('etag', tag).header('cache-control', 'no-cache')
    const known = request.headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''))
    if (known?.includes(tag) || known?.includes('*')) return reply.code(304).send()
    return reply.type(type).send(content)
  }
}
