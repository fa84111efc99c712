/**
 * The content gate. Similarity tells whether two questions are about the same topic; the gate tells whether they
 * ask the same. Both are split into uninflected words, synonyms are unified, and the remaining words must match in
 * order.
 */
import type { Language } from '../../domain/language.ts'
import { fold } from '../../text/fold.ts'
import { KNOWLEDGE } from '../../text/language.ts'
import type { Impersonal, Lexicon, Mood } from '../../text/lexicon.ts'
import { differentOrder, haveSameWords } from './order.ts'
import { compareStatements } from './statement.ts'
import { type Question, type QuestionDifference, readQuestion, type Word } from './words.ts'

export type Verdict =
  | { readonly kind: 'same' }
  /** Almost no difference: the same only if the embedder sees almost none either. */
  | { readonly kind: 'close'; readonly detail: string }
  | { readonly kind: 'different'; readonly reason: QuestionDifference; readonly detail: string }

export function compareQuestions(a: string, b: string, language: Language): Verdict {
  if (Math.max(a.length, b.length) > MAX_QUESTION_CHARACTERS) return different('content', 'too long')
  const lexicon = KNOWLEDGE[language].lexicon
  // Sorted, so that the verdict does not depend on which was asked first.
  const [first = '', second = ''] = [a, b].sort().map(fold)
  // One character may expand to many in its compatibility form.
  if (Math.max(first.length, second.length) > MAX_QUESTION_CHARACTERS) return different('content', 'too long')
  const one = impersonal(readQuestion(first, lexicon), lexicon)
  const two = impersonal(readQuestion(second, lexicon), lexicon)
  if (!isReadable(one) || !isReadable(two)) return different('content', 'too long, or nothing to compare')
  if (one.folded === two.folded) return { kind: 'same' }
  const mood = differentMood(one, two, lexicon)
  const strict = mood ?? differentVoice(one, two) ?? differentOrder(one.words, two.words, lexicon)
  if (strict.kind !== 'different') return strict
  if (one.asks || two.asks) return compareLoosely(one, two, lexicon) ?? strict
  if (mood !== undefined && haveSameWords(one.words, two.words)) return mood
  return compareStatements(one.words, two.words, lexicon) ?? strict
}

/** Generic persons, as in `What should I do when` and `what do you do when`. */
function compareLoosely(a: Question, b: Question, lexicon: Lexicon): Verdict | undefined {
  const isOpen = (question: Question) =>
    question.words[0]?.kind === 'question-word' && !question.moods.includes('past')
  if (!isOpen(a) || !isOpen(b)) return undefined
  const personsOf = ({ words }: Question) =>
    [...new Set(words.filter(({ kind }) => kind === 'person').map(({ key }) => key))].sort().join(' ')
  const [one, two] = [personsOf(a), personsOf(b)]
  if (one !== two) return undefined
  // What you may do is not what you must do.
  const says = (mood: Mood) => [a, b].some(({ moods }) => moods.includes(mood))
  if (says('able') && says('should')) return undefined
  const loose = [a, b].map((question) => ({
    ...question,
    moods: question.moods.filter(
      (mood) => mood !== 'should' && (mood !== 'able' || one === lexicon.impersonal?.persons[0]),
    ),
  }))
  const [x, y] = loose
  if (x === undefined || y === undefined) return undefined
  const verdict =
    differentMood(x, y, lexicon) ?? differentVoice(x, y) ?? differentOrder(a.words, b.words, lexicon)
  return verdict.kind === 'same' ? { kind: 'close', detail: 'person or mood' } : undefined
}

const different = (reason: QuestionDifference, detail: string): Verdict => ({
  kind: 'different',
  reason,
  detail,
})

/**
 * Number of words above which a text is not treated as a question; comparing two takes time proportional to their
 * product.
 */
const MAX_QUESTION_WORDS = 128

/** UTF-16 code units above which a text is not even read. */
const MAX_QUESTION_CHARACTERS = 2000

const isReadable = ({ words }: Question): boolean =>
  words.length <= MAX_QUESTION_WORDS && words.some(({ kind, form }) => form !== '' && SUBSTANTIAL.has(kind))

const SUBSTANTIAL = new Set<Word['kind']>(['content', 'name', 'number', 'unit'])

/** `How can I`, `how do you` and `how to` ask the same. */
function impersonal(question: Question, lexicon: Lexicon): Question {
  const rule = lexicon.impersonal
  const persons = new Set(question.words.filter(({ kind }) => kind === 'person').map(({ key }) => key))
  const [only] = persons
  if (rule === undefined || only === undefined || persons.size !== 1) return question
  const isHow = question.words[0]?.key === rule.how
  return isHow && rule.persons.includes(only) ? withoutPersons(question, rule) : question
}

/** Their prepositions move to the words after them. */
function withoutPersons(question: Question, { objects }: Impersonal): Question {
  let left = ''
  const words: Word[] = []
  for (const word of question.words) {
    const preposition = word.preposition || left
    const isLeftOut = word.kind === 'person' && !objects.has(word.form)
    left = isLeftOut ? preposition : ''
    if (!isLeftOut) words.push({ ...word, preposition })
  }
  return { ...question, words }
}

/** Such as `who killed` and `who was killed`. */
const differentVoice = (a: Question, b: Question): Verdict | undefined =>
  a.passive === b.passive || !(a.asks || b.asks) ? undefined : different('voice', 'active, passive')

function differentMood(a: Question, b: Question, lexicon: Lexicon): Verdict | undefined {
  const isHow = [a, b].every(({ folded }) => lexicon.impersonal?.manner.test(folded))
  const [one = '', two = ''] = [a, b].map((question) => {
    const said = question.moods.filter(
      (mood) => mood !== 'present' && !(isHow && (mood === 'able' || mood === 'should')),
    )
    const isPast =
      question.moods.length === 0 &&
      question.words.some(({ kind, form }) => kind === 'content' && lexicon.isPast(form))
    return (isPast ? ['past'] : said).toSorted().join(' ')
  })
  return one === two ? undefined : different('tense', `“${one || 'present'}”, “${two || 'present'}”`)
}
