/** Finds the networks among a repository's ONNX files, names their variants, and chooses the default. */
import { basename, dirname } from 'node:path'
import type { ModelRole } from './description.ts'

export interface Network {
  /** Relative to the repository. */
  readonly path: string
  /** As in transformers.js: `fp32`, `fp16`, `q8`, `q4`, …; else what the file name adds: `O3`. */
  readonly variant: string
}

const VARIANTS: Readonly<Record<string, string>> = { '': 'fp32', quantized: 'q8' }
/** Variants that are fast and small on CPUs first; unlisted ones come last. */
const PREFERENCE: Readonly<Record<ModelRole, readonly string[]>> = {
  embedder: ['q8', 'int8', 'uint8', 'fp32', 'fp16', 'q4', 'q4f16', 'bnb4'],
  reranker: ['q8', 'int8', 'uint8', 'fp32', 'fp16', 'q4', 'q4f16', 'bnb4'],
  generator: ['q4', 'q8', 'int8', 'uint8', 'q4f16', 'fp32', 'fp16', 'bnb4'],
}
const NETWORK = /^(?:model|decoder_model_merged)(?:[_-](?<suffix>[\w-]+))?\.onnx$/

/** Best first. */
export function networksIn(files: readonly string[], role: ModelRole): Network[] {
  const rank = ({ variant }: Network) => {
    const at = PREFERENCE[role].indexOf(variant)
    return at < 0 ? Number.POSITIVE_INFINITY : at
  }
  return files
    .flatMap((path) => {
      if (!['.', 'onnx'].includes(dirname(path))) return []
      const match = NETWORK.exec(basename(path))
      const suffix = match?.groups?.suffix ?? ''
      return match === null ? [] : [{ path, variant: VARIANTS[suffix] ?? suffix.replaceAll('-', '_') }]
    })
    .toSorted((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))
}

/** External weights of a network too large for one file: `model.onnx_data`, `model.onnx_data_1`. */
export const externalData = (files: readonly string[], network: string): string[] =>
  files.filter((file) => file.startsWith(`${network}_data`) || file === `${network}.data`)
