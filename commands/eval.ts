import { string as stringArgument } from '@oclif/core/args'
import { boolean, integer, string } from '@oclif/core/flags'
import type { LoadedConfig } from '../src/config/load.ts'
import { ERRORS } from '../src/domain/errors.ts'
import { unknownDocuments } from '../src/evaluation/check.ts'
import { compareRuns } from '../src/evaluation/compare.ts'
import { checkGates, parseGate } from '../src/evaluation/gates.ts'
import type { Outcome } from '../src/evaluation/outcome.ts'
import { type EvalQuestion, readQuestionFile, readQuestions, sampleOf } from '../src/evaluation/questions.ts'
import { reportOf } from '../src/evaluation/report.ts'
import { runQuestions } from '../src/evaluation/run.ts'
import { loadOutcomes, saveRun } from '../src/evaluation/saved.ts'
import { parseOptions, VARIABLE_KEYS, variantsOf } from '../src/evaluation/variants.ts'
import type { RetrievalOptions } from '../src/protocol/retrieval.ts'
import { ChatbotCommand } from './common/command.ts'
import { type EvalReport, showReport, type VariantReport } from './common/eval-report.ts'
import { collections } from './common/flags.ts'
import { onInterrupt } from './common/interrupt.ts'
import { ProgressReport } from './common/progress.ts'

/** What the daemon is asked to do with every question. */
interface Plan {
  readonly collections: readonly string[] | undefined
  readonly engine: string | undefined
  readonly answers: boolean
  readonly jobs: number
  /** One run each. */
  readonly variants: readonly RetrievalOptions[]
}

export default class Eval extends ChatbotCommand {
  static override summary = 'Measure search and answers on a set of questions of yours.'
  static override description = [
    'The set is JSON Lines, a question a line: {"question", "answers", "documents", …}; docs/EVALUATION.md describes the fields and the metrics. Every question is asked without the cache and searched; its conversation is removed again. A set with `paraphrases` tries the cache too.',
    'Intervals hold the mean with 95 % confidence, by bootstrap; a comparison pairs the questions of both runs and says better or worse only where the interval of the difference leaves zero out. Ctrl-C finishes the questions under way and prints what was measured so far; a second one stops at once.',
    'Exit status 10 when a bound of --min or --max is missed, 8 when some questions could not be measured, 130 when interrupted.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> <%= command.id %> questions.jsonl --collection handbook --save before.json',
    {
      description: 'What did the change do?',
      command: '<%= config.bin %> <%= command.id %> questions.jsonl -c handbook --baseline before.json',
    },
    {
      description: 'In CI',
      command:
        '<%= config.bin %> <%= command.id %> questions.jsonl --min recall@5=0.95 --min ru:recall@1=0.9 --max refused-answerable=0.05',
    },
    {
      description: 'Which setting is best?',
      command: '<%= config.bin %> <%= command.id %> questions.jsonl --sweep retrieval.passages=4,6,10',
    },
  ]
  static override args = {
    file: stringArgument({
      required: true,
      ignoreStdin: true,
      description: 'the set of questions; `-` reads it from stdin',
    }),
  }
  static override flags = {
    ...collections,
    engine: string({ helpValue: 'NAME', summary: 'A configured engine, or `extractive`.' }),
    answers: boolean({
      allowNo: true,
      default: true,
      summary: 'Ask the questions, too; without answers only search is measured, which is much faster.',
    }),
    limit: integer({ char: 'n', min: 1, helpValue: 'N', summary: 'Only the first N questions.' }),
    sample: integer({
      min: 0,
      helpValue: 'SEED',
      dependsOn: ['limit'],
      summary: 'With --limit: N questions drawn at random with this seed.',
    }),
    jobs: integer({
      char: 'j',
      min: 1,
      max: 8,
      default: 4,
      summary: 'Questions at once; 1 for true latencies.',
    }),
    set: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=VALUE',
      summary: `A setting for this run alone. Repeatable; ${VARIABLE_KEYS.join(', ')}.`,
    }),
    sweep: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=A,B,C',
      summary: 'Try these values of a setting. Repeatable: every combination.',
      exclusive: ['baseline', 'save', 'min', 'max'],
    }),
    baseline: string({ helpValue: 'FILE', summary: 'Compare with an earlier run that was saved.' }),
    save: string({ helpValue: 'FILE', summary: 'Save this run.' }),
    min: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'METRIC=NUMBER',
      summary: 'Fail when the metric is below. Repeatable; SET:METRIC=NUMBER for a part of the set.',
    }),
    max: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'METRIC=NUMBER',
      summary: 'Fail when the metric is above. Repeatable.',
    }),
  }

  async run(): Promise<EvalReport> {
    const { args, flags } = await this.parse(Eval)
    const gates = [
      ...(flags.min ?? []).map((text) => parseGate('min', text)),
      ...(flags.max ?? []).map((text) => parseGate('max', text)),
    ]
    const { collection, engine, answers, jobs, save } = flags
    const variants = variantsOf(parseOptions(flags.set ?? []), flags.sweep ?? [])
    const plan: Plan = { collections: collection, engine, answers, jobs, variants }
    const before = flags.baseline === undefined ? undefined : await loadOutcomes(flags.baseline)
    const questions = await readSet(args.file, flags)
    const { runs, outcomes, ...rest } = await this.#measure(
      plan,
      questions,
      await this.settings(flags),
      before,
    )
    const [run] = runs
    if (save !== undefined && run !== undefined) {
      await saveRun(save, {
        madeAt: new Date().toISOString(),
        version: this.config.version,
        file: args.file,
        collections: [...(collection ?? [])],
        engine,
        retrieval: run.retrieval,
        outcomes: [...outcomes],
        failed: [...run.failed],
      })
    }
    const report: EvalReport = {
      file: args.file,
      questions: questions.length,
      ...rest,
      runs,
      gates: run === undefined ? [] : checkGates(gates, run),
    }
    process.exitCode = exitCodeOf(report)
    showReport(report, { log: (text) => this.log(text), talk: (text) => this.talk(text) })
    return report
  }

  /** The outcomes are those of the first variant. */
  async #measure(
    { variants, ...plan }: Plan,
    questions: readonly EvalQuestion[],
    loaded: LoadedConfig,
    before: readonly Outcome[] | undefined,
  ): Promise<
    Pick<EvalReport, 'unknownDocuments' | 'interrupted' | 'runs'> & { outcomes: readonly Outcome[] }
  > {
    const [api, chat] = [await this.api(loaded), await this.chat(loaded)]
    const unknown = await unknownDocuments(api, plan.collections, questions)
    const { first: stop, second: abort } = this.own(onInterrupt())
    const progress = this.jsonEnabled()
      ? undefined
      : this.own(new ProgressReport(questions.length * variants.length, 'question'))
    stop.addEventListener('abort', () =>
      progress?.note('Finishing the questions under way; Ctrl-C again stops at once.'),
    )
    const runs: VariantReport[] = []
    let reference = before
    let outcomes: readonly Outcome[] = []
    for (const retrieval of variants) {
      const started = performance.now()
      const run = await runQuestions({ ...plan, chat, api, retrieval }, questions, {
        jobs: plan.jobs,
        stop,
        abort,
        onDone: () => progress?.add(),
      })
      if (runs.length === 0) outcomes = run.outcomes
      runs.push({
        retrieval,
        measured: run.outcomes.length,
        seconds: Math.round((performance.now() - started) / 100) / 10,
        failed: run.failed,
        ...reportOf(run.outcomes),
        comparison: reference && compareRuns(reference, run.outcomes),
      })
      // The variants of a sweep are compared with the first.
      reference ??= run.outcomes
      if (stop.aborted) break
    }
    progress?.[Symbol.dispose]()
    return { runs, outcomes, unknownDocuments: unknown, interrupted: stop.aborted }
  }
}

async function readSet(
  file: string,
  { limit, sample }: { readonly limit: number | undefined; readonly sample: number | undefined },
): Promise<readonly EvalQuestion[]> {
  const all = file === '-' ? await readQuestions(process.stdin, 'stdin') : await readQuestionFile(file)
  return limit === undefined ? all : sampleOf(all, limit, sample)
}

function exitCodeOf({ interrupted, runs, gates }: EvalReport): number {
  if (interrupted) return ERRORS.cancelled.exit
  const failed = runs.some((run) => run.failed.length > 0)
  if (failed && runs.every(({ measured }) => measured === 0)) return ERRORS.internal.exit
  if (gates.some(({ kept }) => !kept)) return ERRORS.gate_missed.exit
  return failed ? ERRORS.partial.exit : 0
}
