/** Who asks. Every repository method that touches users' data takes one. */
export interface Principal {
  /** Stable and unique; owns conversations and answers. */
  readonly id: string
  readonly kind: 'local'
}

/** The person whose machine this is: whoever can open the daemon's socket directory or read its token file. */
export const LOCAL_PRINCIPAL: Principal = { id: 'local', kind: 'local' }
