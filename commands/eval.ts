import { string as stringArgument } from '@oclif/core/args'
import { boolean, integer, string } from '@oclif/core/flags'
import { ERRORS } from '../src/domain/errors.ts'
import { checkGates, parseGate } from '../src/evaluation/gates.ts'
import { type EvalQuestion, readQuestionFile, readQuestions, sampleOf } from '../src/evaluation/questions.ts'
import { loadOutcomes, saveRun } from '../src/evaluation/saved.ts'
import { type EvalReport, measureSweep } from '../src/evaluation/sweep.ts'
import { parseOptions, VARIABLE_KEYS, variantsOf } from '../src/evaluation/variants.ts'
import { onInterrupt } from '../src/terminal/interrupt.ts'
import { ProgressReport } from '../src/terminal/progress.ts'
import { ChatbotCommand } from './common/command.ts'
import { showReport } from './common/eval-tables.ts'
import { collections } from './common/flags.ts'

export default class Eval extends ChatbotCommand {
  static override summary = 'Measure search and answers on your own questions.'
  static override description = [
    'The set is JSON Lines, one question per line: {"question", "answers", "documents", …}; docs/EVALUATION.md describes the fields and the metrics. Every question is asked without the cache and searched; its conversation is deleted afterwards. A set with `paraphrases` also tests the cache.',
    'Intervals are 95 % confidence intervals of the mean, by bootstrap. A comparison pairs the questions of both runs, and reports better or worse only if the interval of the difference excludes zero. Ctrl-C finishes the running questions and prints the results so far; a second one stops at once.',
    'Exit status 10 if a bound of --min or --max is missed, 8 if some questions could not be measured, 130 if interrupted.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> <%= command.id %> questions.jsonl --collection handbook --save before.json',
    {
      description: 'What did a change do?',
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
      summary: 'Also measure answers; search alone is much faster.',
    }),
    limit: integer({ char: 'n', min: 1, helpValue: 'N', summary: 'Only the first N questions.' }),
    sample: integer({
      min: 0,
      helpValue: 'SEED',
      dependsOn: ['limit'],
      summary: 'With --limit: a random sample with this seed.',
    }),
    jobs: integer({
      char: 'j',
      min: 1,
      max: 8,
      default: 4,
      summary: 'Concurrent questions; 1 for realistic latencies.',
    }),
    set: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=VALUE',
      summary: `A setting for this run only. Repeatable; ${VARIABLE_KEYS.join(', ')}.`,
    }),
    sweep: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=A,B,C',
      summary: 'Try these values of a setting. Repeatable: every combination.',
      exclusive: ['baseline', 'save', 'min', 'max'],
    }),
    baseline: string({ helpValue: 'FILE', summary: 'Compare with a saved run.' }),
    save: string({ helpValue: 'FILE', summary: 'Save this run.' }),
    min: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'METRIC=NUMBER',
      summary: 'Fail if the metric is lower. Repeatable; SET:METRIC=NUMBER for a part of the set.',
    }),
    max: string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'METRIC=NUMBER',
      summary: 'Fail if the metric is higher. Repeatable.',
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
    const baseline = flags.baseline === undefined ? undefined : await loadOutcomes(flags.baseline)
    const questions = await readSet(args.file, flags)
    const loaded = await this.settings(flags)
    const { first: stop, second: abort } = this.own(onInterrupt())
    const target = {
      api: await this.api(loaded),
      chat: await this.chat(loaded),
      collections: collection,
      engine,
      answers,
    }
    const progress = this.jsonEnabled()
      ? undefined
      : this.own(new ProgressReport(questions.length * variants.length, 'question'))
    stop.addEventListener('abort', () =>
      progress?.note('Finishing the running questions; Ctrl-C again stops at once.'),
    )
    const { runs, outcomes, ...rest } = await measureSweep(target, variants, questions, {
      baseline,
      jobs,
      stop,
      abort,
      onDone: () => progress?.add(),
    })
    progress?.[Symbol.dispose]()
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
