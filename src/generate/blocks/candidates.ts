/** What may stand in an answer: a block, or a whole list, procedure or table where that is asked for. */
import { asksHow, asksList } from '../extractive/expected.ts'
import type { Unit } from './units.ts'

export interface Candidate {
  readonly kind: 'block' | 'list' | 'table'
  /** One, or those of a group in the order of the document. */
  readonly units: readonly Unit[]
}

/** UTF-16 code units of a table that is given whole. */
const MAX_TABLE = 1600
/** UTF-16 code units of a list that is given whole, or by the beginnings of its items. */
const MAX_LIST = 8000

export function candidatesOf(question: string, units: readonly Unit[]): Candidate[] {
  const single = units.map((unit): Candidate => ({ kind: 'block', units: [unit] }))
  const isList = asksList(question)
  if (!isList && !asksHow(question)) return single
  const groups = Map.groupBy(
    units.filter(({ block }) => block.group !== undefined),
    ({ excerpt, block }) => `${excerpt.document} ${block.group?.start}`,
  )
  const whole = [...groups.values()].flatMap((group): Candidate[] => {
    const isTable = group[0]?.block.kind === 'row'
    const length = group.reduce((sum, { text }) => sum + text.length, 0)
    if (group.length < 2 || length > (isTable ? MAX_TABLE : MAX_LIST) || (isTable && !isList)) return []
    return [{ kind: isTable ? 'table' : 'list', units: group }]
  })
  return [...single, ...whole]
}
