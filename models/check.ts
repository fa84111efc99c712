/** Checks that a model works: its files match their checksums, it loads, and it computes. */
import './no-telemetry.ts'
import { join } from 'node:path'
import { ChatbotError } from '../src/domain/errors.ts'
import type { ModelRole } from './description.ts'
import { startEmbedder } from './embedder.ts'
import { installedEmbedder, installedGenerator, installedReranker } from './installed.ts'
import { checkMemory, loadError } from './loading.ts'
import { startReranker } from './reranker.ts'
import { verifyModel } from './verify.ts'

const SMALLER = 'Use a smaller variant of the model.'

/** Throws errors from starting it: `model_corrupt`, `model_too_large`, `provider_unavailable` and the like. */
export async function checkModel(
  reference: string,
  role: ModelRole,
  cacheDir: string,
  provider: string,
): Promise<void> {
  switch (role) {
    case 'embedder': {
      const model = await installedEmbedder(reference, cacheDir)
      const embedder = await startEmbedder({ model, workers: 1, provider })
      return embedder.close()
    }
    case 'reranker': {
      const reranker = await startReranker(await installedReranker(reference, cacheDir), provider)
      return reranker.close()
    }
    case 'generator': {
      const model = await installedGenerator(reference, cacheDir)
      await verifyModel(model)
      await checkMemory(model, 1, SMALLER)
      const { openSession } = await import('./session.ts')
      try {
        const session = await openSession(join(model.folder, model.onnx), { threads: 1, provider })
        const { inputNames } = session
        await session.release()
        if (!inputNames.includes('input_ids'))
          throw new ChatbotError('unsupported_model', `${model.name} cannot be used: it reads no tokens.`)
      } catch (thrown) {
        throw loadError(thrown, model, provider)
      }
    }
  }
}
