/** @huggingface/transformers over the same files, for a comparison. package.json leaves out what it has for pictures and browsers. */
import '../models/no-telemetry.ts'
import { basename, dirname } from 'node:path'
import {
  AutoModel,
  AutoModelForCausalLM,
  AutoTokenizer,
  env,
  StoppingCriteria,
  Tensor,
} from '@huggingface/transformers'

/** As ours: its own default spins, which halves it on a busy machine. */
const SESSION = {
  intraOpNumThreads: 2,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
}

function place(folder: string): string {
  env.allowRemoteModels = false
  env.localModelPath = dirname(folder)
  return basename(folder)
}

/** Embeds the texts in batches of so many. */
export async function peerEmbedder(folder: string) {
  const name = place(folder)
  const tokenizer = await AutoTokenizer.from_pretrained(name)
  const model = await AutoModel.from_pretrained(name, { dtype: 'q8', session_options: SESSION })
  return {
    async embed(texts: readonly string[], batch: number) {
      for (let from = 0; from < texts.length; from += batch)
        await model(tokenizer(texts.slice(from, from + batch), { padding: true, truncation: true }))
    },
    close: () => model.dispose(),
  }
}

/** Gives the tokens a second after the first, of one answer. */
export async function peerGenerator(folder: string) {
  const model = await AutoModelForCausalLM.from_pretrained(place(folder), {
    dtype: 'q4',
    session_options: SESSION,
  })
  return {
    async decode(ids: readonly number[], tokens: number): Promise<number> {
      const times: number[] = []
      // Asked after every token whether that was the last.
      class Clock extends StoppingCriteria {
        override _call(answers: number[][]) {
          times.push(performance.now())
          return answers.map(() => false)
        }
      }
      const tensor = (values: readonly number[]) =>
        new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
      await model.generate({
        inputs: tensor(ids),
        attention_mask: tensor(ids.map(() => 1)),
        max_new_tokens: tokens,
        min_new_tokens: tokens,
        do_sample: false,
        stopping_criteria: new Clock(),
      })
      const [first = 0, ...others] = times
      return (others.length / ((others.at(-1) ?? 0) - first)) * 1000
    },
    close: () => model.dispose(),
  }
}
