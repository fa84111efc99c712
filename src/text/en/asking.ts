import type { Asking } from '../knowledge.ts'

export const asking: Asking = {
  date: 'when|(?:what|which) (?:year|date|day|month|decade|century)',
  quantity:
    'how (?:many|much|long|old|far|often|large|big|tall|high|fast)|(?:what|which) (?:percent|percentage|number|amount)',
  name: 'who|whom|whose|where',
  list: 'what are|list|name|what (?:(?:am|is|are) )?(?:I |we |you |one )?(?:not )?(?:allowed|forbidden|permitted|obliged|entitled)|what (?:kinds|sorts|types|ways|formats|options|reasons|steps)|all|which (?:[\\p{L}-]{1,30} ){0,2}[\\p{L}-]{1,30}s (?:can|do|does|are|were|have|has|get|give|should|must|may|will|need)',
  how: 'how (?:do|does|can|could|to|should|would|is|are)|what (?:do|should|must|shall|can) (?:I|we|you|they|one) do|step by step|in order|steps|way to',
  sender:
    '(?:who|whom) (?:wrote|sent|mailed|e-mailed|emailed|writes|sends|signed|reported)|(?:from|by) whom|who is (?:the )?(?:author|sender)|who (?:is|was) (?:it|the (?:mail|e-mail|email|message|letter)) from',
}
