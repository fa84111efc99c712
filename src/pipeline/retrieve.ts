import { retrieve } from '../retrieval/retrieve.ts'
import type { Looked, Retrieved } from './ask.ts'
import type { Stage } from './stage.ts'

export const retrieveContext: Stage<Looked, Retrieved> = {
  name: 'retrieve',
  async run(ask, { principal, ports, emit }) {
    if (ask.hit !== undefined) return { ...ask, context: [] }
    const context = await retrieve(ports.store, principal, {
      collections: ask.collections,
      model: ports.embedder.model.fingerprint,
      vector: ask.vector,
      limit: ask.retrieval.passages,
      ...(ask.filter === undefined ? {} : { filter: ask.filter }),
    })
    emit({ type: 'context', passages: context })
    return { ...ask, context }
  },
}
