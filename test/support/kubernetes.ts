/** Kubernetes manifests for tests: read, and judged by the API's own schemas (test/data/kubernetes/NOTICE). */
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

const reference = z.object({ name: z.string() })

const containerSchema = z.looseObject({
  name: z.string(),
  envFrom: z
    .array(z.object({ configMapRef: reference.optional(), secretRef: reference.optional() }))
    .optional(),
})

const podSpecSchema = z.looseObject({
  serviceAccountName: z.string().optional(),
  containers: z.array(containerSchema),
  initContainers: z.array(containerSchema).optional(),
  volumes: z
    .array(
      z.looseObject({
        persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
        configMap: z.looseObject({ name: z.string() }).optional(),
      }),
    )
    .optional(),
})

const resourceSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({ template: z.looseObject({ spec: z.unknown() }).optional() }).optional(),
  stringData: z.record(z.string(), z.string()).optional(),
})

export type Resource = z.infer<typeof resourceSchema>
export type PodSpec = z.infer<typeof podSpecSchema>

/** The resources of a file of YAML documents; throws when one is no resource. */
export function resourcesOf(text: string): Resource[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors
    if (problem !== undefined) throw problem
    const content: unknown = document.toJS()
    return content === null ? [] : [resourceSchema.parse(content)]
  })
}

/** The pods that a resource makes; undefined when it makes none. */
export function podSpecOf({ kind, spec }: Resource): PodSpec | undefined {
  if (kind === 'Pod') return podSpecSchema.parse(spec)
  return spec?.template === undefined ? undefined : podSpecSchema.parse(spec.template.spec)
}

const schemas = z
  .object({ kinds: z.record(z.string(), z.string()), $defs: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL('../data/kubernetes/schemas-1.36.json', import.meta.url), 'utf8')))

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema({ $id: 'kubernetes', $defs: schemas.$defs })
const validators = new Map<string, ValidateFunction>()
const judged = new WeakMap<Resource, readonly string[]>()

/** What the Kubernetes API would say against a resource; misspelt fields too. */
export function problemsOf(resource: Resource): readonly string[] {
  const known = judged.get(resource)
  if (known !== undefined) return known
  const problems = judge(resource)
  judged.set(resource, problems)
  return problems
}

function judge(resource: Resource): string[] {
  const { apiVersion, kind, metadata } = resource
  // A resource of the Prometheus operator: Kubernetes itself has no schema for it.
  if (kind === 'ServiceMonitor') return []
  const name = schemas.kinds[`${apiVersion} ${kind}`]
  if (name === undefined) return [`${apiVersion} ${kind}: there is no schema of it in test/data/kubernetes`]
  const validate = validators.get(name) ?? ajv.compile({ $ref: `kubernetes#/$defs/${name}` })
  validators.set(name, validate)
  if (validate(resource)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${kind} ${metadata.name}${instancePath}: ${message} ${JSON.stringify(params)}`,
  )
}
