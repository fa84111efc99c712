import { string } from '@oclif/core/args'
import { boolean } from '@oclif/core/flags'
import { ChatbotError } from '../../src/domain/errors.ts'
import { readStdin } from '../../src/terminal/stdin.ts'
import { ChatbotCommand } from '../common/command.ts'

const MAX_SECRET_BYTES = 64 * 1024

export default class ConfigSet extends ChatbotCommand {
  static override summary = "Change settings in the user's configuration file."
  static override description =
    'The file keeps its comments, gets mode 600, and is written only if the result is valid. Pass secrets on stdin with `-`, because command lines are visible to others and kept in the shell history. The daemon reads its configuration at start-up: run `chatbot restart`.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.port 7500',
    {
      description: 'An engine needs two settings at once',
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
      description: 'one or more KEY VALUE pairs; the value `-` is read from stdin. With --unset, only keys',
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
    this.log(`Wrote ${path}. To apply it to a running daemon: chatbot restart`)
    return { path, keys: [...changes.keys()] }
  }
}

async function pairs(words: readonly string[]): Promise<Map<string, string>> {
  const { findSetting } = await import('../../src/config/schema.ts')
  const changes = new Map<string, string>()
  for (let index = 0; index < words.length; index += 2) {
    const [key = '', value] = words.slice(index, index + 2)
    if (value === undefined) throw new ChatbotError('bad_request', `\`${key}\` has no value. Use: KEY VALUE`)
    const secret = findSetting(key)?.secret === true
    if (secret && value !== '-') {
      throw new ChatbotError(
        'bad_request',
        `\`${key}\` is a secret: command lines are visible to others and kept in the shell history. Pass it on stdin: chatbot config set ${key} - < FILE`,
      )
    }
    changes.set(key, value === '-' ? await readStdin(MAX_SECRET_BYTES, 'bad_request') : value)
  }
  return changes
}
