export interface SigningKey {
  readonly id: string
  readonly publicKey: Readonly<Record<string, string>>
  /** Encrypted. */
  readonly privateKey: string
  readonly createdAt: Date
}

export interface SigningKeyRepository {
  /** Newest first. */
  list: () => Promise<SigningKey[]>
  /**
   * Adds a key unless another daemon has just added one, younger than `unlessSince`. Drops keys whose successor is
   * older than `dropBefore`.
   */
  add: (key: Omit<SigningKey, 'createdAt'>, unlessSince: Date, dropBefore: Date) => Promise<void>
}
