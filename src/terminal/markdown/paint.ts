/** Laid out Markdown as text for stdout. */
import { paint } from '../style.ts'
import { layOut } from './lay-out.ts'
import { type Run, TONES } from './runs.ts'

/** Columns, where the terminal tells none. */
const DEFAULT_COLUMNS = 80

/** Lines without a last line feed. */
export function paintMarkdown(text: string): string {
  const colours = paint(process.stdout, 'bold', 'x') !== 'x'
  const lines = layOut(text, process.stdout.columns || DEFAULT_COLUMNS, { colours })
  return lines.map((line) => line.map(painted).join('')).join('\n')
}

function painted({ text, style }: Run): string {
  const formats = (['bold', 'italic', 'underline', 'strikethrough', 'dim'] as const).filter(
    (name) => style[name],
  )
  const all = style.tone === undefined ? formats : [...formats, TONES[style.tone]]
  return all.length === 0 ? text : paint(process.stdout, all, text)
}
