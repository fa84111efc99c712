/** One line of `chatbot doctor`. */
export interface Finding {
  readonly name: string
  /** `warn`: works, but something should be done about it. */
  readonly state: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** What to do, when not all is well. */
  readonly todo?: string
}

export const ok = (name: string, detail: string): Finding => ({ name, state: 'ok', detail })
export const warn = (name: string, detail: string, todo: string): Finding => ({
  name,
  state: 'warn',
  detail,
  todo,
})
export const fail = (name: string, detail: string, todo: string): Finding => ({
  name,
  state: 'fail',
  detail,
  todo,
})
