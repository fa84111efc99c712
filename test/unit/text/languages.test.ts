/** Words of a language in another script are in its folder and nowhere else; Latin words cannot be told from code. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { globSync } from 'tinyglobby'
import { expect, test } from 'vitest'
import { packageRoot } from '../../../src/config/package-root.ts'
import { LANGUAGES } from '../../../src/domain/language.ts'
import { KNOWLEDGE } from '../../../src/text/language.ts'

const SOURCES = globSync(['{src,daemon,models}/**/*.{ts,tsx,js}'], { cwd: packageRoot() })
const COMMENT = /^\s*(?:\/\*|\*|\/\/).*$/gmu

test.each(LANGUAGES.filter((language) => KNOWLEDGE[language].script !== 'Latin'))(
  'no words of %s outside its folder',
  (language) => {
    const letters = new RegExp(`\\p{Script=${KNOWLEDGE[language].script}}`, 'u')
    const found = SOURCES.filter((file) => !file.startsWith(`src/text/${language}/`)).filter((file) =>
      letters.test(readFileSync(join(packageRoot(), file), 'utf8').replace(COMMENT, '')),
    )
    expect(found).toEqual([])
  },
)
