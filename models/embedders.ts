/** The daemon's embedding models, loaded on demand and evicted when others need the room. */

import { ChatbotError } from '../src/domain/errors.ts'
import type { Embedder, Embedders } from '../src/ports/embedder.ts'
import { builtinModel } from './builtin.ts'
import { embeddingModel, type LocalModel } from './description.ts'
import { type EmbedderOptions, type LocalEmbedder, startEmbedder } from './embedder.ts'
import { installedEmbedder } from './installed.ts'
import { lateInteraction } from './late-interaction.ts'
import { type RemoteEmbedderConfig, remoteEmbedder } from './remote-embedder.ts'

export interface EmbeddersOptions extends Omit<EmbedderOptions, 'model'> {
  /** Models behind an API, by name; a name also serves as a reference. */
  readonly remote?: ReadonlyMap<string, RemoteEmbedderConfig>
  /** Folder of pulled models. */
  readonly cacheDir: string
  /** Maximum loaded models; exceeded only while all of them are busy. */
  readonly most: number
  /** Reference of a model that is never evicted. */
  readonly kept: string
  /** Idle time after which a model is unloaded. */
  readonly idleMs?: number
}

export interface RunningEmbedders extends Embedders {
  /** Like `get`, but resolves when the model is loaded. */
  load: (reference: string) => Promise<Embedder>
  /** Folder of the tokenizer that counts for the model. */
  folderOf: (reference: string) => Promise<string>
  /** Names of the loaded models. */
  loaded: () => string[]
  /** Waiting texts of all models. */
  queued: () => number
  close: () => Promise<void>
}

interface Slot {
  readonly model: LocalModel
  readonly embedder: Embedder
  running: Promise<LocalEmbedder> | undefined
  queued: () => number
  /** Running calls. */
  users: number
  /** `performance.now()` of the last use. */
  used: number
}

export function startEmbedders(options: EmbeddersOptions): RunningEmbedders {
  const { cacheDir, most, kept, idleMs = 600_000, remote = new Map(), ...start } = options
  const remotes = new Map([...remote].map(([name, config]) => [name, remoteEmbedder(name, config)]))
  const found = new Map<string, Promise<Slot>>()
  /** By fingerprint: a model may have several references. */
  const slots = new Map<string, Slot>()
  const ending = new Set<Promise<void>>()
  let keptSlot: Slot | undefined
  let closed = false

  function slotOf(reference: string): Promise<Slot> {
    const known = found.get(reference)
    if (known !== undefined) return known
    const looking = installedEmbedder(reference, cacheDir).then((model) => {
      const slot = slots.get(model.fingerprint) ?? newSlot(model)
      slots.set(model.fingerprint, slot)
      if (reference === kept) keptSlot = slot
      return slot
    })
    found.set(reference, looking)
    // Looked up again next time: it may have been pulled by then.
    looking.catch(() => found.delete(reference))
    return looking
  }

  function newSlot(model: LocalModel): Slot {
    const slot: Slot = {
      model,
      running: undefined,
      queued: () => 0,
      users: 0,
      used: 0,
      embedder: {
        model: embeddingModel(model),
        embed: (texts, how) => use(slot, (running) => running.embed(texts, how)),
        interact:
          model.tokenOutput === undefined
            ? undefined
            : lateInteraction((texts, how) => use(slot, (running) => running.encode(texts, how))),
      },
    }
    return slot
  }

  async function use<T>(slot: Slot, work: (running: LocalEmbedder) => Promise<T>): Promise<T> {
    if (closed) throw stopping()
    slot.users += 1
    try {
      slot.running ??= begin(slot)
      return await work(await slot.running)
    } finally {
      slot.users -= 1
      slot.used = performance.now()
      if (held().length > most) endLongestUnused()
    }
  }

  async function begin(slot: Slot): Promise<LocalEmbedder> {
    try {
      endLongestUnused(1)
      await Promise.all(ending)
      const started = await startEmbedder({ ...start, model: slot.model })
      slot.queued = started.queued
      return started
    } catch (error) {
      slot.running = undefined
      throw error
    }
  }

  const held = () => [...slots.values()].filter((slot) => slot.running !== undefined)
  const idle = () => held().filter((slot) => slot.users === 0 && slot !== keptSlot)

  /** Unloads idle models beyond `most`, counting `more` about to be loaded. */
  function endLongestUnused(more = 0): void {
    const over = Math.max(0, held().length + more - most)
    for (const slot of idle()
      .sort((one, other) => one.used - other.used)
      .slice(0, over))
      end(slot)
  }

  function end(slot: Slot): void {
    const { running } = slot
    slot.running = undefined
    slot.queued = () => 0
    const ended = Promise.resolve(running).then(
      (started) => started?.close(),
      () => undefined,
    )
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }

  const sweeping = setInterval(() => {
    const since = performance.now() - idleMs
    for (const slot of idle()) if (slot.used < since) end(slot)
  }, idleMs / 4)
  sweeping.unref()

  return {
    get: async (reference) => remotes.get(reference) ?? (await slotOf(reference)).embedder,
    load: async (reference) => {
      const slot = await slotOf(reference)
      await use(slot, async () => undefined)
      return slot.embedder
    },
    // The tokenizer of a remote model is unknown; the built-in one counts about the same.
    folderOf: async (reference) =>
      remotes.has(reference) ? builtinModel().folder : (await slotOf(reference)).model.folder,
    loaded: () => held().map(({ model }) => model.name),
    queued: () => [...slots.values(), ...remotes.values()].reduce((sum, { queued }) => sum + queued(), 0),
    close: async () => {
      closed = true
      clearInterval(sweeping)
      for (const slot of held()) end(slot)
      for (const embedder of remotes.values()) await embedder.close()
      await Promise.all(ending)
    },
  }
}

const stopping = (): ChatbotError =>
  new ChatbotError('draining', 'The daemon is stopping. Ask again when it is back.')
