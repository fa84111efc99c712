/** What a client of MCP needs in its settings to start `chatbot mcp`. */

export type McpClient = 'claude' | 'cursor' | 'vscode' | 'codex'

export interface ClientConfig {
  /** Where the snippet belongs. */
  readonly where: string
  readonly snippet: string
}

/** `invocation`: the program and its arguments. Node runs it, because clients are not started from a shell that knows it. */
export function clientConfig(client: McpClient, invocation: readonly string[]): ClientConfig {
  const server = { command: process.execPath, args: [...invocation] }
  const json = (value: object) => JSON.stringify(value, null, 2)
  switch (client) {
    case 'claude':
      return {
        where: 'For .mcp.json in your project (Claude Code), or claude_desktop_config.json:',
        snippet: json({ mcpServers: { chatbot: server } }),
      }
    case 'cursor':
      return {
        where: 'For .cursor/mcp.json in your project, or ~/.cursor/mcp.json:',
        snippet: json({ mcpServers: { chatbot: server } }),
      }
    case 'vscode':
      return {
        where: 'For .vscode/mcp.json in your project:',
        snippet: json({ servers: { chatbot: { type: 'stdio', ...server } } }),
      }
    case 'codex':
      return {
        where: 'For ~/.codex/config.toml:',
        snippet: `[mcp_servers.chatbot]\ncommand = ${JSON.stringify(server.command)}\nargs = ${JSON.stringify(server.args)}`,
      }
  }
}
