/** One line of `chatbot doctor`. */
export interface Finding {
  readonly name: string
  /** `warn`: it works, but needs attention. */
  readonly state: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** The remedy, unless all is well. */
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
