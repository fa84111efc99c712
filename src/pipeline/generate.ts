import type { Citation } from '../domain/answer.ts'
import type { Generated, Retrieved } from './ask.ts'
import type { GeneratorEvent } from './ports.ts'
import type { Stage } from './stage.ts'

export const generateAnswer: Stage<Retrieved, Generated> = {
  name: 'generate',
  async run(ask, { signal, emit }) {
    if (ask.hit !== undefined) {
      const { text, refused, citations } = ask.hit
      const warnings = [...new Set([...ask.warnings, ...ask.hit.warnings])]
      emit({ type: 'delta', text })
      return { ...ask, text, refused, complete: true, citations, warnings }
    }
    let text = ''
    const citations: Citation[] = []
    const events = ask.generator.generate({
      question: ask.question,
      standalone: ask.standalone,
      questionVector: ask.vector,
      language: ask.language,
      passages: ask.context,
      history: ask.history,
      signal,
    })
    let end: Extract<GeneratorEvent, { type: 'end' }> | undefined
    for await (const event of events) {
      signal.throwIfAborted()
      switch (event.type) {
        case 'delta':
          if (event.text === '') break
          text += event.text
          emit(event)
          break
        case 'citation':
          citations.push(event.citation)
          break
        case 'end':
          end = event
      }
    }
    if (end === undefined) throw new Error(`the generator ${ask.generator.id} did not end its answer`)
    return {
      ...ask,
      text,
      refused: end.refused,
      complete: end.complete,
      citations,
      warnings: [...ask.warnings, ...(end.warnings ?? [])],
      ...(end.usage === undefined ? {} : { usage: end.usage }),
    }
  },
}
