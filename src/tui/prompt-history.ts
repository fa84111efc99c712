/** Stores the inputs of earlier chats: one JSON string per line, oldest first, readable only by this user. */

import { appendFile, chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { parseJsonOrUndefined } from '../domain/json.ts'
import { MAX_RECALL } from './state.ts'

export interface PromptHistory {
  readonly inputs: readonly string[]
  /** Rejects if the file cannot be written. */
  add: (input: string) => Promise<void>
}

const PRIVATE = { mode: 0o600 } as const

/** Reads `chat_history` in the data directory; damaged lines are skipped. */
export async function openPromptHistory(dataDir: string): Promise<PromptHistory> {
  const file = join(dataDir, 'chat_history')
  const lines = await readLines(file)
  const inputs = lines.flatMap(parse).slice(-MAX_RECALL)
  // Two chats may append concurrently; the next start truncates the file.
  if (lines.length > 2 * MAX_RECALL) await replace(file, inputs)
  return {
    inputs,
    async add(input) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 })
      await appendFile(file, line(input), PRIVATE)
    },
  }
}

async function readLines(file: string): Promise<string[]> {
  try {
    const text = await readFile(file, 'utf8')
    await chmod(file, PRIVATE.mode)
    return text.split('\n').filter((each) => each !== '')
  } catch {
    return []
  }
}

function parse(text: string): string[] {
  const input = z.string().safeParse(parseJsonOrUndefined(text))
  return input.success ? [input.data] : []
}

async function replace(file: string, inputs: readonly string[]): Promise<void> {
  const next = `${file}.${process.pid}`
  await writeFile(next, inputs.map(line).join(''), PRIVATE)
  await rename(next, file)
}

const line = (input: string): string => `${JSON.stringify(input)}\n`
