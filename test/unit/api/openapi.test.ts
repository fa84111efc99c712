import { expect, test } from 'vitest'
import { z } from 'zod'
import { openApiDocument } from '../../../src/api/openapi.ts'
import { ROUTE_NAMES } from '../../../src/api/routes.ts'

const document = openApiDocument('1.2.3')
const text = JSON.stringify(document)
const { components, paths } = z
  .object({
    components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
    paths: z.record(z.string(), z.record(z.string(), z.object({ operationId: z.string() }))),
  })
  .parse(document)

test('every reference leads to a shape, and every shape is referred to', () => {
  const referred = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, target = '']) => target)
  const names = Object.keys(components.schemas)
  expect(new Set(referred)).toEqual(new Set(names.map((name) => `#/components/schemas/${name}`)))
  expect(names).toContain('Answer')
  // What JSON Schema has and OpenAPI does not look at.
  expect(text).not.toMatch(/"\$(defs|id|schema)"/)
})

test('every route is there once', () => {
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(ids.toSorted()).toEqual(ROUTE_NAMES.toSorted())
})
