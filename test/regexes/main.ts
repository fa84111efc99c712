/** `npm run regexes`: every regex of the product is linear, or the check says which is not. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/package-root.ts'
import { checkRegexes } from './check.ts'
import { EXCUSED } from './excused.ts'

const FILES = '{bin,src,commands,daemon,models,drizzle}/**/*.{js,ts,tsx}'

const root = packageRoot()
const { regexes, problems } = await checkRegexes(
  globSync(FILES, { cwd: root }).map((file) => join(root, file)),
  EXCUSED,
  join(root, 'test/regexes/verdicts.json'),
)
for (const problem of problems) console.error(problem)
console.log(`${regexes} regexes, ${problems.length} to mend`)
if (problems.length > 0) process.exitCode = 1
