/** A process that parses the file of its argument: killed by a test to see whether its parser ends with it. */
import { startDocumentParser } from '../../daemon/parser/document-parser.ts'
import { builtinModel } from '../../models/builtin.ts'

const limits = { maxTextLength: 1_000_000, memoryMegabytes: 1024, timeoutMs: 60_000 }
const parser = startDocumentParser({ ...limits, folderOf: async () => builtinModel().folder })
await parser.parse({ path: process.argv[2] ?? '', uri: 'hostile.html' }).catch(() => {})
