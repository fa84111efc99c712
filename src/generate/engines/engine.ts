import type { EngineKind } from '../../config/engines.ts'
import type { Embedder } from '../../ports/embedder.ts'
import type { Generator } from '../../ports/generator.ts'
import type { GuardedGenerator } from './guard.ts'

/** An engine as the configuration has it, before it is opened: what each kind makes of its settings. */
export interface ConfiguredEngine {
  readonly name: string
  /** That of the built-in engine is not for others to have. */
  readonly kind: EngineKind | 'extractive'
  /** As the configuration calls it; absent where no language model writes. */
  readonly model?: string
  /** Where it computes, for the user of this machine: `at https://…`, `on this machine`. */
  readonly where: string
  /** Throws `invalid_config`. A model that is not there or damaged fails its answers instead, and stops no other engine. */
  open: (embedder: Embedder) => Promise<OpenEngine>
  /** Whether it would answer now. */
  check: () => Promise<EngineHealth>
}

export interface OpenEngine {
  readonly generator: Generator | GuardedGenerator
  close?: () => Promise<void>
}

export type EngineHealth =
  | { readonly state: 'ok'; readonly detail: string }
  /** `warn`: it answers, but perhaps not as is wanted. */
  | { readonly state: 'warn' | 'fail'; readonly detail: string; readonly todo: string }
