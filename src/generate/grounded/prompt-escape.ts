/** Text of documents and earlier turns as it goes into a prompt: data that cannot look like the prompt itself. */
import { printable } from '../../domain/printable.ts'

/**
 * Without control, bidirectional and invisible characters, which carry text that no reader sees; with `‹` for the
 * `<` of a mark of ours or of a chat template, and with `［1］` for what would be taken for a citation.
 */
export function escapedForPrompt(text: string): string {
  return printable(text)
    .replace(INVISIBLE, '')
    .replace(TAG, (written, opening: string, word: string) =>
      opening.includes('|') || NAME.test(word) ? opening.replaceAll('<', '‹') + word : written,
    )
    .replace(TEMPLATE, (mark) => `［${mark.slice(1, -1)}］`)
    .replace(CITATION, (_mark, numbers: string) => `［${numbers}］`)
}

/** What of it no terminal has a use for either, and soft hyphens, zero-width and bidirectional marks, variation selectors, tags. */
const INVISIBLE = /(?![\t\n])\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}/gu

/** `<passage`, `</turn`, `<|im_start|>`, `<<SYS>>`, `<start_of_turn>`, `<s>`, `<think>` and their kind. */
const TAG = /(<[\s/|<]*)(\w*)/giu
const NAME =
  /^(?:passages?|turns?|earlier|question|conversation|context|documents?|system|sys|user|assistant|developer|human|tool(?:_call|_response)?|instructions?|start_of_turn|end_of_turn|begin_of_text|eot_id|bos|eos|s|think)$/iu

const TEMPLATE = /\[\/?(?:INST|SYS(?:TEM)?|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS))\]/giu

/** `[1]`, `[2, 3]`; not the `[1]` of `rows[1].name`. */
const CITATION = /\[(\s*[1-9]\d{0,2}(?:\s*,\s*[1-9]\d{0,2})*\s*)\](?![.([]?[\p{L}_])/gu
