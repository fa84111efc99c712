/** Required bounds of a run: `--min recall@1=0.95`, `--max ru:refused-answerable=0.05`. */
import { ChatbotError } from '../domain/errors.ts'
import { ALL } from './questions.ts'
import { METRICS, type Report } from './report.ts'

export interface MetricBound {
  readonly bound: 'min' | 'max'
  /** A part of the set; default: all of it. */
  readonly set: string
  readonly metric: string
  readonly value: number
}

export interface GateResult extends MetricBound {
  /** Undefined if nothing was measured: the gate is then missed. */
  readonly measured: number | undefined
  readonly kept: boolean
}

const GATE = /^(?:(?<set>[^:=]+):)?(?<metric>[^:=]+)=(?<value>\d+(?:\.\d+)?)$/

/** Throws `bad_request` for an invalid gate. */
export function parseGate(bound: MetricBound['bound'], text: string): MetricBound {
  const { set = ALL, metric = '', value } = GATE.exec(text.trim())?.groups ?? {}
  if (METRICS.some(({ key }) => key === metric)) return { bound, set, metric, value: Number(value) }
  throw new ChatbotError(
    'bad_request',
    `--${bound} ${text}: write it as METRIC=NUMBER or SET:METRIC=NUMBER, with one of ${METRICS.map(({ key }) => key).join(', ')}.`,
  )
}

export function checkGates(gates: readonly MetricBound[], { sets }: Report): GateResult[] {
  return gates.map((gate) => {
    const measured = sets.find(({ set }) => set === gate.set)?.metrics[gate.metric]?.mean
    const kept =
      measured !== undefined && (gate.bound === 'min' ? measured >= gate.value : measured <= gate.value)
    return { ...gate, measured, kept }
  })
}
