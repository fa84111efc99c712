import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ChatbotError } from '../../domain/errors.ts'

const MAX_BYTES = 256 * 1024 * 1024

/** Rules that ignore everything except the files that Git tracks in a folder, including submodules. */
export class TrackedFiles {
  readonly #paths: ReadonlySet<string>

  private constructor(paths: ReadonlySet<string>) {
    this.#paths = paths
  }

  /** Throws `bad_request` without Git or a work tree. */
  static async in(folder: string): Promise<TrackedFiles> {
    const list = ['ls-files', '-z', '--cached', '--recurse-submodules']
    const { stdout } = await promisify(execFile)('git', list, { cwd: folder, maxBuffer: MAX_BYTES }).catch(
      (error: unknown) => {
        const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
        throw new ChatbotError(
          'bad_request',
          `--tracked: Git does not list the files of ${folder}${reason === '' ? '' : ` (${reason})`}.`,
          { cause: error },
        )
      },
    )
    const paths = new Set<string>()
    for (const name of stdout.split('\0')) {
      for (let path = join(folder, name); path !== folder && !paths.has(path); path = dirname(path)) {
        paths.add(path)
      }
    }
    return new TrackedFiles(paths)
  }

  enter(): this {
    return this
  }

  ignores(path: string): boolean {
    return !this.#paths.has(path)
  }
}
