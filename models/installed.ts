/** Models on disk: found by reference, and described from their own files. */

import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { ChatbotError } from '../src/domain/errors.ts'
import { parseJson } from '../src/domain/json.ts'
import { builtinModel } from './builtin.ts'
import { type ModelCard, modelCard } from './card.ts'
import { sha256 } from './checksum.ts'
import { configSchema, type ModelConfig, roleOf } from './config-file.ts'
import type {
  LocalGenerator,
  LocalModel,
  LocalReranker,
  ModelFiles,
  ModelRole,
  Pooling,
} from './description.ts'
import { familyOf } from './families.ts'
import { externalData, networksIn } from './networks.ts'
import { type ModelReference, parseReference, referenceName, repositoryFolder } from './reference.ts'

/**
 * Each throws `unknown_model` if no such model is installed, `unsupported_model` if it is of another kind,
 * `model_corrupt` if its files cannot be read, and `bad_request` for an invalid name.
 */
export async function installedEmbedder(reference: string, cacheDir: string): Promise<LocalModel> {
  if (reference === 'builtin') return builtinModel()
  const model = await openModel(reference, cacheDir)
  const files = await modelFiles(model, 'embedder', ['modules.json', '1_Pooling/config.json'])
  const { hidden_size, dim, d_model } = model.config
  const dimensions = hidden_size ?? dim ?? d_model
  if (dimensions === undefined)
    throw corrupt(join(model.folder, 'config.json'), 'states no `hidden_size`, the length of its vectors')
  const modules = await optionalJson(model.folder, 'modules.json', modulesSchema)
  const dense = modules?.find(({ type }) => type.endsWith('.Dense'))
  if (dense !== undefined)
    throw unsupported(
      model,
      `has a layer (${dense.path}) that ONNX exports leave out: its vectors would be wrong`,
    )
  const family = familyOf(model.names)
  const prompts = (await optionalJson(model.folder, 'config_sentence_transformers.json', promptsSchema))
    ?.prompts
  const use = {
    pooling: (await pooling(model.folder)) ?? family?.pooling ?? 'mean',
    prefixes: {
      query: prompts?.query ?? family?.prefixes.query ?? '',
      passage: prompts?.passage ?? prompts?.document ?? family?.prefixes.passage ?? '',
    },
    dimensions,
    maxTokens: await maxTokens(model),
  }
  return { ...files, ...use, fingerprint: fingerprint(files, use) }
}

export async function installedReranker(reference: string, cacheDir: string): Promise<LocalReranker> {
  const model = await openModel(reference, cacheDir)
  const files = await modelFiles(model, 'reranker')
  const { card } = model
  const use = {
    maxTokens: await maxTokens(model),
    languages: card.language.length > 0 ? card.language : ['en'],
  }
  return { ...files, ...use, fingerprint: fingerprint(files, use) }
}

export async function installedGenerator(reference: string, cacheDir: string): Promise<LocalGenerator> {
  const model = await openModel(reference, cacheDir)
  const files = await modelFiles(model, 'generator', ['generation_config.json', 'chat_template.jinja'])
  const { max_position_embeddings, n_positions } = model.config
  const use = { contextTokens: max_position_embeddings ?? n_positions ?? 2048 }
  return { ...files, ...use, fingerprint: fingerprint(files, use) }
}

type Installed = (
  | ({ readonly role: 'embedder' } & LocalModel)
  | ({ readonly role: 'reranker' } & LocalReranker)
  | ({ readonly role: 'generator' } & LocalGenerator)
) & { readonly licence: string | null }

/** The installed model with this name, whatever its kind. */
export async function describeInstalled(reference: string, cacheDir: string): Promise<Installed> {
  if (reference === 'builtin') return { role: 'embedder', ...builtinModel() }
  const { config, card } = await openModel(reference, cacheDir)
  const licence = card.license[0] ?? null
  const role = roleOf(config)
  switch (role) {
    case 'embedder':
      return { role, licence, ...(await installedEmbedder(reference, cacheDir)) }
    case 'reranker':
      return { role, licence, ...(await installedReranker(reference, cacheDir)) }
    case 'generator':
      return { role, licence, ...(await installedGenerator(reference, cacheDir)) }
  }
}

interface OpenModel {
  readonly name: string
  readonly folder: string
  readonly variant: string | undefined
  /** Relative paths of the files in the folder and in `onnx/`. */
  readonly files: readonly string[]
  readonly config: ModelConfig
  readonly card: ModelCard
  /** Its name and those of its base models. */
  readonly names: readonly string[]
}

async function openModel(text: string, cacheDir: string): Promise<OpenModel> {
  const reference = parseReference(text)
  const name = referenceName(reference)
  const folder = await folderOf(reference, cacheDir)
  if (folder === undefined) throw notInstalled(reference, text)
  const files = await filesIn(folder)
  if (!files.includes('config.json')) throw notInstalled(reference, text)
  const config = await readJson(join(folder, 'config.json'), configSchema)
  const card = await modelCard(folder)
  return {
    name,
    folder,
    variant: reference.type === 'builtin' ? undefined : reference.variant,
    files,
    config,
    card,
    names: [name, ...(config._name_or_path === undefined ? [] : [config._name_or_path]), ...card.base_model],
  }
}

/** For a hub repository, the snapshot of the revision: a branch, a tag or a commit; default: `main`. */
async function folderOf(reference: ModelReference, cacheDir: string): Promise<string | undefined> {
  if (reference.type === 'builtin') return builtinModel().folder
  if (reference.type === 'folder') return (await isFolder(reference.folder)) ? reference.folder : undefined
  const repository = repositoryFolder(cacheDir, reference.repository)
  const revision = reference.revision ?? 'main'
  const named = await readFile(join(repository, 'refs', revision), 'utf8').catch(() => undefined)
  const snapshots = join(repository, 'snapshots')
  const commit = named?.trim() ?? (reference.revision === undefined ? await onlyEntry(snapshots) : revision)
  const folder = commit === undefined ? undefined : join(snapshots, commit)
  return folder !== undefined && (await isFolder(folder)) ? folder : undefined
}

async function modelFiles(
  model: OpenModel,
  role: ModelRole,
  optional: readonly string[] = [],
): Promise<Omit<ModelFiles, 'fingerprint'>> {
  const found = roleOf(model.config)
  if (found !== role) throw unsupported(model, `is ${WITH_ARTICLE[found]}, not ${WITH_ARTICLE[role]}`)
  const labels = Object.keys(model.config.id2label ?? {}).length
  if (role === 'reranker' && labels > 1)
    throw unsupported(model, `is a classifier of ${labels} classes, but a reranker gives one score`)
  const networks = networksIn(model.files, role)
  const network =
    model.variant === undefined ? networks[0] : networks.find(({ variant }) => variant === model.variant)
  if (network === undefined) {
    const has = networks.map(({ variant }) => variant).join(', ')
    throw has === ''
      ? unsupported(model, 'has no ONNX network (onnx/model.onnx or a variant of it)', model.folder)
      : new ChatbotError(
          'unknown_model',
          `${model.name} is installed as ${has}, not as ${model.variant}. Pull it: chatbot models pull ${model.name}:${model.variant}`,
        )
  }
  for (const needed of TOKENIZER) {
    if (!model.files.includes(needed)) throw corrupt(join(model.folder, needed), 'is missing')
  }
  const deciding = [
    network.path,
    ...externalData(model.files, network.path),
    'config.json',
    ...TOKENIZER,
    ...optional,
  ]
  const checksums: Record<string, string> = {}
  for (const file of deciding) {
    const sum = await checksum(model.folder, file)
    if (sum !== undefined) checksums[file] = sum
  }
  return { name: model.name, folder: model.folder, onnx: network.path, checksums }
}

const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json']
const WITH_ARTICLE = { embedder: 'an embedder', reranker: 'a reranker', generator: 'a generator' }

/** The hub's cache names each blob by its checksum. */
async function checksum(folder: string, file: string): Promise<string | undefined> {
  const path = join(folder, file)
  const target = await readlink(path).catch(() => '')
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(basename(target))) return basename(target)
  return sha256(path).catch(() => undefined)
}

function fingerprint(
  { name, checksums }: Omit<ModelFiles, 'fingerprint'>,
  use: Readonly<Record<string, unknown>>,
): string {
  const parts = JSON.stringify([Object.entries(checksums).toSorted(), Object.entries(use).toSorted()])
  return `${name}@${createHash('sha256').update(parts).digest('hex').slice(0, 12)}`
}

const modulesSchema = z.array(z.object({ path: z.string(), type: z.string() }))
const promptsSchema = z.object({ prompts: z.record(z.string(), z.string()).nullish() })
const poolingSchema = z.record(z.string(), z.unknown())
const POOLING_MODES: Readonly<Record<string, Pooling>> = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'cls',
  pooling_mode_lasttoken: 'last',
  pooling_mode_max_tokens: 'max',
}

async function pooling(folder: string): Promise<Pooling | undefined> {
  const stated = await optionalJson(folder, '1_Pooling/config.json', poolingSchema)
  if (stated === undefined) return undefined
  const modes = Object.keys(stated).filter((key) => key.startsWith('pooling_mode_') && stated[key] === true)
  const [mode = '', ...others] = modes
  const known = POOLING_MODES[mode]
  if (known !== undefined && others.length === 0) return known
  throw new ChatbotError(
    'unsupported_model',
    `1_Pooling/config.json of the model asks for ${modes.join(' and ') || 'no known pooling'}. Supported is one of ${Object.keys(POOLING_MODES).join(', ')}.`,
    { detail: folder },
  )
}

const tokenizerConfigSchema = z.object({ model_max_length: z.number().positive().nullish() })
const sentenceSchema = z.object({ max_seq_length: z.int().positive().nullish() })
/** Models whose positions start after the padding's. */
const OFFSET_POSITIONS = ['roberta', 'xlm-roberta', 'camembert', 'mpnet', 'xlm-roberta-xl']

/** The smallest limit in the files. */
async function maxTokens({ folder, config }: OpenModel): Promise<number> {
  const { model_max_length } = await readJson(join(folder, 'tokenizer_config.json'), tokenizerConfigSchema)
  const sentence = await optionalJson(folder, 'sentence_bert_config.json', sentenceSchema)
  const positions = config.max_position_embeddings ?? 512
  const offset = OFFSET_POSITIONS.includes(config.model_type ?? '') ? (config.pad_token_id ?? 1) + 1 : 0
  return Math.min(
    positions > 0 ? positions - offset : Number.POSITIVE_INFINITY,
    model_max_length ?? Number.POSITIVE_INFINITY,
    sentence?.max_seq_length ?? Number.POSITIVE_INFINITY,
  )
}

async function filesIn(folder: string): Promise<string[]> {
  const root = await readdir(folder)
  const onnx = await readdir(join(folder, 'onnx')).catch(() => [])
  return [...root, ...onnx.map((file) => `onnx/${file}`)]
}

async function optionalJson<T>(folder: string, file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = join(folder, file)
  return (await stat(path).catch(() => undefined)) === undefined ? undefined : readJson(path, schema)
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(parseJson(await readFile(path, 'utf8')))
  } catch (thrown) {
    throw corrupt(path, `cannot be used: ${thrown instanceof z.ZodError ? z.prettifyError(thrown) : thrown}`)
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true

async function onlyEntry(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder).catch(() => [])
  return entries.length === 1 ? entries[0] : undefined
}

function notInstalled(reference: ModelReference, text: string): ChatbotError {
  return reference.type === 'folder'
    ? new ChatbotError(
        'unknown_model',
        `There is no model ${referenceName(reference)}: its folder has no config.json.`,
        {
          detail: reference.folder,
        },
      )
    : new ChatbotError(
        'unknown_model',
        `The model ${text} is not installed. Pull it: chatbot models pull ${text}`,
      )
}

const unsupported = ({ name }: OpenModel, why: string, detail?: string): ChatbotError =>
  new ChatbotError(
    'unsupported_model',
    `${name} cannot be used: it ${why}. Models that fit: chatbot models list`,
    { detail },
  )

const corrupt = (path: string, what: string): ChatbotError =>
  new ChatbotError('model_corrupt', `The model file ${basename(path)} ${what}. Get the model again.`, {
    detail: path,
  })
