/** Hints among the daemons on one database. They may be lost: what they hint at is in the database. */
export interface Signals {
  send: (topic: 'cancel', subject: string) => void
  on: (topic: 'cancel', listener: (subject: string) => void) => void
}

/** For a daemon that is alone. */
export const noSignals: Signals = { send() {}, on() {} }
