/** Results of `chatbot eval` as tables for people. */

import { printableLine } from '../../src/domain/printable.ts'
import type { Change, Comparison } from '../../src/evaluation/compare.ts'
import type { GateResult } from '../../src/evaluation/gates.ts'
import { ALL } from '../../src/evaluation/questions.ts'
import { METRICS, type Measured, type Report, type SetReport } from '../../src/evaluation/report.ts'
import type { EvalReport, VariantReport } from '../../src/evaluation/sweep.ts'
import { describeOptions } from '../../src/evaluation/variants.ts'
import { paint } from '../../src/terminal/style.ts'
import { table } from '../../src/terminal/table.ts'
import { count, duration } from '../../src/text/amounts.ts'

interface Output {
  /** To stdout: data. */
  log: (text: string) => void
  /** To stderr: talk. */
  talk: (text: string) => void
}

/** Maximum failures and documents to list; the JSON output has all. */
const MAX_LISTED = 5

export function showReport(
  { file, questions, runs, gates, ...rest }: EvalReport,
  { log, talk }: Output,
): void {
  const [run] = runs
  if (rest.unknownDocuments.length > 0) {
    talk(`Missing in the collections, so never found: ${listed(rest.unknownDocuments)}`)
  }
  const failed = runs.flatMap((variant) => variant.failed)
  if (failed.length > 0) {
    talk(`${count(failed.length, 'question')} could not be measured:`)
    for (const { id, code, message } of failed.slice(0, MAX_LISTED))
      talk(printableLine(`  ${id}: ${code}: ${message}`))
  }
  if (run === undefined || run.measured === 0) {
    talk('Nothing was measured.')
    return
  }
  const seconds = runs.reduce((sum, variant) => sum + variant.seconds, 0)
  log(
    `${printableLine(file)}: ${count(run.measured, 'question')}${run.measured === questions ? '' : ` of ${questions}`}, ${duration(seconds * 1000)}${rest.interrupted ? ', interrupted' : ''}\n`,
  )
  if (runs.length > 1) {
    log(sweepTable(runs))
    log('\n▲ better and ▼ worse than the first line, beyond chance')
    return
  }
  log(reportTables(run))
  const { comparison } = run
  if (comparison !== undefined) {
    const { questions: both, added, missing } = comparison
    log(
      `\nCompared on ${count(both, 'question')}; ${added} only in this run, ${missing} only in the earlier one\n`,
    )
    log(comparisonTables(comparison))
  }
  if (gates.length > 0) log(`\n${gates.map(gateLine).join('\n')}`)
}

const listed = (items: readonly string[]) =>
  printableLine(
    items.slice(0, MAX_LISTED).join(', ') +
      (items.length > MAX_LISTED ? ` and ${items.length - MAX_LISTED} more` : ''),
  )

/** One row per metric, one column per part of the set; then the latencies. */
function reportTables(report: Report): string {
  // If the set has only one part, that part is the whole.
  const sets = report.sets.length === 2 ? report.sets.slice(0, 1) : report.sets
  const metrics = table(
    [{ title: 'Metric' }, ...sets.map(({ set, questions }) => ({ title: `${set} (${questions})` }))],
    METRICS.filter(({ key }) => sets.some(({ metrics }) => metrics[key] !== undefined)).map(
      ({ key, title }) => [title, ...sets.map((part) => measuredCell(part, part.metrics[key]))],
    ),
  )
  const latencies = table(
    [{ title: 'Latency, ms' }, { title: 'p50', right: true }, { title: 'p95', right: true }],
    Object.entries(report.latencyMs).map(([stage, { p50, p95 }]) => [
      stage,
      milliseconds(p50),
      milliseconds(p95),
    ]),
  )
  return `${metrics}\n\n${latencies}`
}

/** `0.967 [0.933, 1.000]`, with the number of questions if it is not all of them. */
function measuredCell({ questions }: SetReport, measured: Measured | undefined): string {
  if (measured === undefined) return ''
  const { mean, low, high } = measured
  const of = measured.questions === questions ? '' : ` of ${measured.questions}`
  const interval = low === high ? '' : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`
  return mean.toFixed(3) + interval + of
}

const milliseconds = (ms: number) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0))

function comparisonTables(comparison: Comparison): string {
  const { sets } = comparison
  const shown = sets.length === 2 ? sets.slice(0, 1) : sets
  return shown
    .map(({ set, changes }) =>
      table(
        [
          { title: set === ALL || shown.length === 1 ? 'All' : set },
          { title: 'Before', right: true },
          { title: 'Now', right: true },
          { title: 'Difference [95 %]' },
          { title: '' },
        ],
        METRICS.flatMap(({ key, title }) => {
          const change = changes[key]
          return change === undefined
            ? []
            : [
                [
                  title,
                  change.before.toFixed(3),
                  change.after.toFixed(3),
                  difference(change),
                  verdict(change),
                ],
              ]
        }),
      ),
    )
    .join('\n\n')
}

const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`

const difference = ({ mean, low, high }: Change) => `${signed(mean)} [${signed(low)}, ${signed(high)}]`

function verdict({ significant, verdict }: Change): string {
  if (verdict !== 'same') return verdict
  return significant ? 'changed' : ''
}

/** One row per variant; differences from the first row that are beyond chance are marked. */
function sweepTable(runs: readonly VariantReport[]): string {
  const whole = ({ sets }: VariantReport) => sets.find(({ set }) => set === ALL)
  const metrics = METRICS.filter(
    ({ key, headline }) => headline === true && runs.some((run) => whole(run)?.metrics[key] !== undefined),
  )
  return table(
    [
      { title: 'Settings' },
      ...metrics.map(({ key }) => ({ title: key, right: true }) as const),
      { title: 'p50, ms', right: true },
    ],
    runs.map((run) => [
      describeOptions(run.retrieval),
      ...metrics.map(({ key }) => {
        const measured = whole(run)?.metrics[key]
        const change = run.comparison?.sets.find(({ set }) => set === ALL)?.changes[key]
        return measured === undefined ? '' : `${measured.mean.toFixed(3)}${MARKS[change?.verdict ?? 'same']}`
      }),
      milliseconds((run.latencyMs.total ?? run.latencyMs.search)?.p50 ?? 0),
    ]),
  )
}

const MARKS = { better: ' ▲', worse: ' ▼', same: '  ' }

function gateLine({ bound, set, metric, value, measured, kept }: GateResult): string {
  const name = set === ALL ? metric : `${set}:${metric}`
  const is = measured === undefined ? 'not measured' : measured.toFixed(3)
  const wanted = `${bound === 'min' ? 'at least' : 'at most'} ${value}`
  return kept
    ? `${paint(process.stdout, 'green', '✓')} ${name} ${is}, ${wanted}`
    : `${paint(process.stdout, 'red', '✗')} ${name} ${is}, wanted ${wanted}`
}
