/**
 * Regexes of which recheck cannot tell how their time grows, each with the reason why it is linear all the same.
 * What recheck calls vulnerable has no place here: write it otherwise.
 */
export interface Excused {
  readonly regex: RegExp
  readonly reason: string
}

export const EXCUSED: readonly Excused[] = []
