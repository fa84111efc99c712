import type { Tensor } from 'onnxruntime-node'

/** Converts a float32 or float16 tensor; throws for other types. */
export function float32({ data, type }: Tensor): Float32Array<ArrayBuffer> {
  if (data instanceof Float32Array) return new Float32Array(data)
  // Without Float16Array (Node before 24) float16 values come as their bits.
  if (type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, fromHalf)
  if (type === 'float16' && ArrayBuffer.isView(data)) return Float32Array.from(numbers(data))
  throw new Error(`the network gives ${type}, not float32 or float16`)
}

/** float16 as bits, sharing the memory: onnxruntime-node 1.30 does not accept a Float16Array. */
export function feedable<T extends Tensor>(tensor: T): T {
  const { data } = tensor
  if (tensor.type !== 'float16' || data instanceof Uint16Array || !ArrayBuffer.isView(data)) return tensor
  const value = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  return Object.defineProperty(tensor, 'data', { value })
}

function* numbers(data: ArrayBufferView & Iterable<unknown>): Generator<number> {
  for (const value of data) yield Number(value)
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
