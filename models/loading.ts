/** Checks before a model is loaded, and errors if loading fails. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ChatbotError, errorText } from '../src/domain/errors.ts'
import { bytes } from '../src/text/amounts.ts'
import type { ModelFiles } from './description.ts'
import { externalData } from './networks.ts'
import { PROVIDER_FAILED } from './session.ts'

/** Throws `model_too_large` if `copies` of the weights alone exceed the free memory. */
export async function checkMemory(model: ModelFiles, copies: number, hint: string): Promise<void> {
  const files = [model.onnx, ...externalData(Object.keys(model.checksums), model.onnx)]
  const sizes = await Promise.all(files.map((file) => stat(join(model.folder, file)).catch(() => undefined)))
  const needed = copies * sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0)
  const free = process.availableMemory()
  if (needed > free)
    throw new ChatbotError(
      'model_too_large',
      `${model.name} needs at least ${bytes(needed)} of memory, but ${bytes(free)} are free. ${hint}`,
    )
}

/** Converts an error of a thread that could not load a model. */
export function loadError(thrown: unknown, { name }: ModelFiles, provider: string): ChatbotError {
  const message = errorText(thrown)
  return message.includes(PROVIDER_FAILED)
    ? new ChatbotError(
        'provider_unavailable',
        `models.executionProvider is \`${provider}\`, which this machine does not have. Install its libraries, or: chatbot config set models.executionProvider cpu`,
        { cause: thrown, detail: message.split(PROVIDER_FAILED)[1]?.trim() },
      )
    : ChatbotError.hide(thrown, 'model_corrupt', `The model ${name} could not be loaded.`)
}
