import type { SeveralQuestions } from '../knowledge.ts'
import { wordSet } from '../word-set.ts'

export const severalQuestions: SeveralQuestions = {
  joins: ['and(?: also| then)?', 'but', 'also', 'plus', 'as well as'],
  frames: [
    '(?:can|could|would|will) you (?:please )?(?:tell|explain|show)(?: me| us)?',
    '(?:please )?(?:tell|show) (?:me|us)',
    'I (?:want|need|would like) to know',
    'do you know',
    'please',
  ],
  yesNo: [
    '(?:do|does|did|can|could|should|must|may|will|would) (?:I|we|you|one|it|they|he|she|there|the|a|an|my|our)',
    '(?:is|are|was|were) (?:it|they|he|she|there|this|that)',
  ],
  knowing: wordSet(
    'know see tell check decide find out determine determines depend depends on say says choose explain',
  ),
  subordinating: wordSet('who which whom whose when where'),
  predicative: wordSet('how what which who whom whose when where why'),
  comparisons: [
    {
      opening:
        "(?:(?:what(?:['’]s| is| are)|explain|describe|is there) )?(?:(?:the|a|any) )?(?:\\p{L}{1,20} )?differences?",
      between: 'between',
      join: 'and',
    },
    { opening: 'how (?:does|do|is|are)', join: '(?:differs?|different) from' },
    {
      opening: '(?:is|are|was|were|does|do|has|have)',
      join: '(?:(?:more|less) \\p{L}{2,20}|\\p{L}{2,20}er|worse) than',
    },
    { opening: '(?:compare|comparison)', between: '(?:of|for|between)', join: '(?:and|with|to)' },
  ],
  versus: ['versus', 'vs\\.?'],
  or: ['or'],
  respect: ['in', 'by', 'in terms of'],
}
