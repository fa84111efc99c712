/** Column types that drizzle lacks. */
import { sql } from 'drizzle-orm'
import { type AnyPgColumn, customType } from 'drizzle-orm/pg-core'
import { TERM_IDS, type WeightedTerm } from '../src/text/bm25.ts'

/**
 * A pgvector `vector` of any dimension; each partition of `vectors` fixes its own. Sent in pgvector's binary
 * format, as `pg` does with a Buffer. Read it with `vectorBytes`: text is five times slower.
 */
export const anyVector = customType<{ data: Float32Array; driverData: Buffer }>({
  dataType: () => 'vector',
  toDriver: encodeVector,
  fromDriver: decodeVector,
})

/** A pgvector `sparsevec` over term ids, sent in binary; never read back. */
export const termWeights = customType<{ data: readonly WeightedTerm[]; driverData: Buffer }>({
  dataType: () => `sparsevec(${TERM_IDS})`,
  toDriver: encodeTerms,
})

/** Selects a vector in binary format. */
export const vectorBytes = (column: AnyPgColumn) =>
  sql<Float32Array>`vector_send(${column})`.mapWith(decodeVector)

/** Ordered by code points, so that pages of a list don't depend on the database's locale. */
export const orderedText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text COLLATE "C"',
})

/** pgvector's vector_recv: int16 dimensions, int16 zero, then big-endian float4s. */
function encodeVector(vector: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + vector.length * 4)
  bytes.writeInt16BE(vector.length, 0)
  bytes.writeInt16BE(0, 2)
  for (const [index, value] of vector.entries()) bytes.writeFloatBE(value, 4 + index * 4)
  return bytes
}

function decodeVector(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.readInt16BE(0) }, (_, index) => bytes.readFloatBE(4 + index * 4))
}

/** pgvector's sparsevec_recv: int32 dimensions, count, zero, the ascending indices from 0, then float4 values. */
function encodeTerms(terms: readonly WeightedTerm[]): Buffer {
  const sorted = terms.toSorted((left, right) => left.id - right.id)
  const bytes = Buffer.allocUnsafe(12 + sorted.length * 8)
  bytes.writeInt32BE(TERM_IDS, 0)
  bytes.writeInt32BE(sorted.length, 4)
  bytes.writeInt32BE(0, 8)
  for (const [index, { id, weight }] of sorted.entries()) {
    bytes.writeInt32BE(id, 12 + index * 4)
    bytes.writeFloatBE(weight, 12 + (sorted.length + index) * 4)
  }
  return bytes
}
