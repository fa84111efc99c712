/** unzip.ts ARCHIVE FOLDER NAME…: these files of the archive, into the folder. Not every machine has unzip. */
import { createWriteStream } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'

const [archive = '', folder = '', ...names] = process.argv.slice(2)
const zip = await openPromise(archive)
for await (const entry of zip.eachEntry()) {
  if (!names.includes(entry.fileName)) continue
  await pipeline(
    await zip.openReadStreamPromise(entry),
    createWriteStream(join(folder, basename(entry.fileName))),
  )
}
