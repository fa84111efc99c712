import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parts, withPart } from '../../../docs/reference.ts'
import { packageRoot } from '../../../src/config/package-root.ts'

test.each(parts.map((part) => [`${part.page}: ${part.name}`, part] as const))(
  '%s says what the code says (npm run docs writes it)',
  (_name, part) => {
    const page = readFileSync(join(packageRoot(), part.page), 'utf8')
    expect(page).toBe(withPart(page, part))
  },
)
