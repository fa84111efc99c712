import { type Owner, readOwner } from '../../src/config/data-dir.ts'
import { runtimePaths } from '../../src/config/runtime-paths.ts'

/** What the daemon of this data directory wrote about itself when it started. */
export const runningOwner = (dataDir: string): Owner | undefined => readOwner(runtimePaths(dataDir))
