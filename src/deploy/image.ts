/** The image of this version: built from the contents of this package, and tagged with their digest. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { packageRoot } from '../config/package-root.ts'
import { version } from '../config/version.ts'
import { failed, run } from './tool.ts'

const REPOSITORY = 'chatbot'
const DOCKERFILE = 'deploy/docker/Dockerfile'
const PARTS = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
  'oclif.manifest.json',
  'bin',
  'dist',
  'daemon/page',
  'drizzle/migrations',
  'models/builtin',
  DOCKERFILE,
]

/** The folder that an image is built from, until disposed. */
export interface BuildContext extends Disposable {
  readonly folder: string
  readonly repository: string
  /** The version and a digest of the contents: an existing image with this tag is not rebuilt. */
  readonly tag: string
}

export function buildContext(): BuildContext {
  const folder = mkdtempSync(join(tmpdir(), 'chatbot-image-'))
  const root = packageRoot()
  for (const part of PARTS) {
    const from = join(root, part)
    // An installed package has no lock file, and its source folders contain only shipped files.
    if (!existsSync(from)) continue
    cpSync(from, join(folder, part), { recursive: true, filter: (path) => !path.endsWith('.map') })
  }
  const hash = createHash('sha256')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.built')
    .map((entry) => join(entry.parentPath, entry.name))
  for (const file of files.sort()) hash.update(`${relative(folder, file)}\0`).update(readFileSync(file))
  // Marks dist as newer than all sources: the build uses it as it is.
  writeFileSync(join(folder, 'dist/.built'), '')
  return {
    folder,
    repository: REPOSITORY,
    tag: `${version}-${hash.digest('hex').slice(0, 10)}`,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const imageName = ({ repository, tag }: Pick<BuildContext, 'repository' | 'tag'>) =>
  `${repository}:${tag}`

/** Builds the image unless the engine has it; returns whether it was built. Throws `deploy_failed`. */
export async function buildImage(
  engine: 'docker' | 'podman',
  context: BuildContext,
  signal: AbortSignal,
): Promise<boolean> {
  const image = imageName(context)
  if ((await run(engine, ['image', 'inspect', image])).code === 0) return false
  const args = [
    'build',
    '--file',
    join(context.folder, DOCKERFILE),
    '--build-arg',
    `VERSION=${version}`,
    '--tag',
    image,
  ]
  const built = await run(engine, [...args, context.folder], { signal })
  if (built.code !== 0) throw failed(engine, args, built)
  return true
}

/** Builds the image inside Minikube, for machines without a container engine. Throws `deploy_failed`. */
export async function buildInMinikube(
  profile: string,
  context: BuildContext,
  signal: AbortSignal,
): Promise<void> {
  const args = ['image', 'build', '--profile', profile, '--tag', imageName(context), '--file', DOCKERFILE]
  const built = await run('minikube', [...args, context.folder], { signal })
  if (built.code !== 0) throw failed('minikube', args, built)
}
