import type { Principal } from '../../domain/principal.ts'

export interface AuditEntry {
  readonly id: number
  readonly at: Date
  /** The actor's name at that time. */
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: Readonly<Record<string, string | number | null>>
}

export interface AuditRepository {
  /** Newest first, older than `before`; for administrators. */
  list: (principal: Principal, page: { limit: number; before?: number | undefined }) => Promise<AuditEntry[]>
  /** For an action that changed nothing in the database. */
  add: (principal: Principal, action: string, target: string) => Promise<void>
}
