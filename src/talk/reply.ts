import type { Language } from '../domain/language.ts'
import { KNOWLEDGE } from '../text/language.ts'
import { smallTalkOf } from './small-talk.ts'

/**
 * The reply to small talk, in its language, or in `language` if it has no words. Undefined: it is a question.
 * `isFirst`: nothing was said before that it may refer to.
 */
export function talkReply(
  text: string,
  { isFirst, language }: { readonly isFirst: boolean; readonly language: Language },
): string | undefined {
  const talk = smallTalkOf(text, isFirst)
  return talk && KNOWLEDGE[talk.language ?? language].replies.talk[talk.kind]
}
