/** The blocks of the documents that passages were found in. */
import type { Passage } from '../domain/answer.ts'
import type { Excerpt } from '../domain/block.ts'
import type { Principal } from '../domain/principal.ts'
import type { Store } from '../ports/store/store.ts'
import { excerptsOfTexts } from '../text/paragraphs.ts'

/** The best passage's document first. */
export async function excerptsOf(
  _store: Store,
  _principal: Principal,
  passages: readonly Passage[],
): Promise<Excerpt[]> {
  return excerptsOfTexts(passages)
}
