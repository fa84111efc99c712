import { ChatbotError, type ErrorCode } from '../../src/domain/errors.ts'

/** All of stdin as trimmed text; throws `code` past `maxBytes` rather than filling the memory. */
export async function readStdin(maxBytes: number, code: ErrorCode): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Reading from the terminal; end with Ctrl-D.\n')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBytes) {
      throw new ChatbotError(code, `More than ${maxBytes} bytes came from stdin, and that is too much here.`)
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8').trim()
}
