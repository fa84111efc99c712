/** Writes small ONNX networks: enough of onnx.proto for graphs of a few nodes. */

export type ElementType = 'float32' | 'int64' | 'float16' | 'bool'
const ELEMENT_TYPES: Readonly<Record<ElementType, number>> = { float32: 1, int64: 7, bool: 9, float16: 10 }

export interface Weights {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: Uint8Array
  /** File beside the network that holds the data instead of the network. */
  readonly external?: string
}

export interface ValueInfo {
  readonly name: string
  readonly type: ElementType
  /** Names stand for sizes that are not fixed. */
  readonly dims: readonly (number | string)[]
}

export interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly domain?: string
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}

export interface Graph {
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly nodes: readonly Node[]
  readonly weights: readonly Weights[]
}

export function onnxModel({ inputs, outputs, nodes, weights }: Graph): Uint8Array {
  const graph = [
    ...nodes.map((node) => message(1, nodeProto(node))),
    text(2, 'graph'),
    ...weights.map((tensor) => message(5, tensorProto(tensor))),
    ...inputs.map((value) => message(11, valueProto(value))),
    ...outputs.map((value) => message(12, valueProto(value))),
  ]
  return Buffer.concat([int(1, 8), message(8, [text(1, ''), int(2, 17)]), message(7, graph)])
}

export const float32s = (values: readonly number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer)

/** Half-precision bits of numbers that halves hold exactly: small multiples of powers of two. */
export const float16s = (values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint16Array.from(values, halfBits).buffer)

function halfBits(value: number): number {
  if (value === 0) return 0
  const exponent = Math.floor(Math.log2(Math.abs(value)))
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024)
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction
}

const nodeProto = ({ op, inputs, outputs, domain, attributes = {} }: Node): Uint8Array[] => [
  ...inputs.map((name) => text(1, name)),
  ...outputs.map((name) => text(2, name)),
  text(4, op),
  ...Object.entries(attributes).map(([name, value]) =>
    message(
      5,
      typeof value === 'number'
        ? [text(1, name), int(3, value), int(20, 2)]
        : [text(1, name), ...value.map((item) => int(8, item)), int(20, 7)],
    ),
  ),
  ...(domain === undefined ? [] : [text(7, domain)]),
]

const tensorProto = ({ name, type, dims, data, external }: Weights): Uint8Array[] => [
  ...dims.map((size) => int(1, size)),
  int(2, ELEMENT_TYPES[type]),
  text(8, name),
  ...(external === undefined
    ? [message(9, [data])]
    : [message(13, [text(1, 'location'), text(2, external)]), int(14, 1)]),
]

const valueProto = ({ name, type, dims }: ValueInfo): Uint8Array[] => {
  const shape = dims.map((size) => message(1, [typeof size === 'number' ? int(1, size) : text(2, size)]))
  return [text(1, name), message(2, [message(1, [int(1, ELEMENT_TYPES[type]), message(2, shape)])])]
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Uint8Array.from([...bytes, Number(rest)])
}

const int = (field: number, value: number): Uint8Array => Buffer.concat([varint(field << 3), varint(value)])

function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts)
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body])
}

const text = (field: number, value: string): Uint8Array => message(field, [Buffer.from(value)])
