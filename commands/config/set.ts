import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import { ChatbotError } from '../../src/domain/errors.ts'
import { readStdin } from '../../src/terminal/stdin.ts'
import { ChatbotCommand } from '../common/command.ts'

const MAX_SECRET_BYTES = 64 * 1024

export default class ConfigSet extends ChatbotCommand {
  static override summary = "Change settings in the user's configuration file."
  static override description =
    'The file keeps its comments, gets mode 600, and is only written when it is valid afterwards. Secrets are read from stdin with `-`: what stands on a command line is seen by others and kept in histories. The daemon reads its configuration when it starts: `chatbot restart`.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.port 7500',
    {
      description: 'An engine takes two settings at once',
      command:
        '<%= config.bin %> <%= command.id %> engines.ollama.baseUrl http://127.0.0.1:11434/v1 engines.ollama.model qwen3:8b',
    },
    {
      description: 'A secret',
      command: '<%= config.bin %> <%= command.id %> engines.openai.apiKey - < key.txt',
    },
    '<%= config.bin %> <%= command.id %> --unset server.port',
  ]
  static override strict = false
  static override args = {
    settings: string({
      required: true,
      ignoreStdin: true,
      description: 'KEY VALUE, once or more; `-` as the value reads it from stdin. With --unset only keys',
    }),
  }
  static override flags = {
    unset: boolean({ summary: 'Remove the keys from the file.' }),
  }

  protected override readonly localOnly = true

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ConfigSet)
    const words = argv.map(String)
    const changes = flags.unset ? new Map(words.map((key) => [key, undefined])) : await pairs(words)
    const { editUserConfig } = await import('../../src/config/edit.ts')
    const path = editUserConfig(process.env, changes)
    this.log(`Wrote ${path}. A running daemon takes it over with: chatbot restart`)
    return { path, keys: [...changes.keys()] }
  }
}

async function pairs(words: readonly string[]): Promise<Map<string, string>> {
  const { findSetting } = await import('../../src/config/schema.ts')
  const changes = new Map<string, string>()
  for (let index = 0; index < words.length; index += 2) {
    const [key = '', value] = words.slice(index, index + 2)
    if (value === undefined)
      throw new ChatbotError('bad_request', `\`${key}\` has no value. Give it: KEY VALUE`)
    const secret = findSetting(key)?.secret === true
    if (secret && value !== '-') {
      throw new ChatbotError(
        'bad_request',
        `\`${key}\` is a secret: a command line is seen by others and kept in histories. Give it on stdin: chatbot config set ${key} - < FILE`,
      )
    }
    changes.set(key, value === '-' ? await readStdin(MAX_SECRET_BYTES, 'bad_request') : value)
  }
  return changes
}
