/** Notifications among the daemons on one database. They may be lost: the database has the state they announce. */
export interface Signals {
  send: (topic: 'cancel', subject: string) => void
  on: (topic: 'cancel', listener: (subject: string) => void) => void
}

/** For a single daemon. */
export const noSignals: Signals = { send() {}, on() {} }
