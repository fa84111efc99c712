/**
 * A process with a language model: native crashes and excessive memory end only this process, not the daemon. It ends
 * with its parent, at the latest after the current step.
 */
import { join } from 'node:path'
import { ChatbotError, errorText } from '../src/domain/errors.ts'
import { openCausal } from './causal.ts'
import { type ChatFormat, loadChat } from './chat.ts'
import { type GenerateReply, type GenerateSetup, generateCommandSchema } from './generate-messages.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'

interface Loaded {
  readonly format: ChatFormat
  readonly scheduler: Scheduler
}

let loaded: Loaded | undefined
process.on('disconnect', () => process.exit(0))
process.on('message', async (message: unknown) => {
  const command = generateCommandSchema.parse(message)
  switch (command.type) {
    case 'load':
      try {
        loaded = await load(command.setup)
        send({ type: 'loaded' })
      } catch (thrown) {
        send({
          type: 'unloadable',
          message: errorText(thrown),
          code: thrown instanceof ChatbotError ? thrown.code : undefined,
          detail: thrown instanceof ChatbotError ? thrown.detail : undefined,
        })
      }
      return
    case 'generate':
    case 'count':
      try {
        if (loaded === undefined) throw new Error('no model is loaded')
        const { id, messages } = command
        const prompt = loaded.format.encode(messages)
        if (command.type === 'count') send({ type: 'counted', id, tokens: prompt.length })
        else loaded.scheduler.add({ id, prompt, options: command.options })
      } catch (thrown) {
        sendFailure(command.id, thrown)
      }
      return
    case 'cancel':
      loaded?.scheduler.cancel(command.id)
  }
})

async function load({
  folder,
  onnx,
  contextTokens,
  threads,
  provider,
  parallel,
  cacheBytes,
}: GenerateSetup): Promise<Loaded> {
  const format = loadChat(folder)
  const network = await openCausal(join(folder, onnx), { threads, provider })
  const cacheTokens = Math.floor(cacheBytes / network.bytesPerToken)
  if (cacheTokens < contextTokens) {
    const needed = Math.ceil((contextTokens * network.bytesPerToken) / 1e6)
    throw new ChatbotError(
      'model_too_large',
      `The KV cache of ${contextTokens} tokens needs ${needed} MB, but cacheMegabytes is ${Math.floor(cacheBytes / 1e6)}. Raise them, or lower its contextTokens to ${cacheTokens}.`,
    )
  }
  const scheduler = createScheduler({
    network,
    format,
    contextTokens,
    parallel,
    cacheTokens,
    listener: {
      text: (id, written) => send({ type: 'text', id, ...written }),
      end: (id, ended) => send({ type: 'end', id, ...ended }),
      failed: sendFailure,
    },
  })
  return { format, scheduler }
}

function sendFailure(id: number, thrown: unknown): void {
  const { code, message, detail } = ChatbotError.hide(thrown, 'engine_failed', 'The model failed.')
  send({ type: 'failed', id, code, message, detail })
}

function send(reply: GenerateReply): void {
  process.send?.(reply)
}
