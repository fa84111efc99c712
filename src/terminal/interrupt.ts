/** Wrappers like npx forward a Ctrl-C that the terminal has already delivered: signals this close are one press. */
const ONE_PRESS_MS = 300

export interface Interrupt extends Disposable {
  /** Aborted by the first Ctrl-C or SIGTERM: start nothing new. */
  readonly first: AbortSignal
  /** Aborted by the second one: stop at once. */
  readonly second: AbortSignal
}

/**
 * Turns Ctrl-C into signals, until disposed; a third one ends the process. With `outlive`, the command continues when
 * its terminal is closed.
 */
export function onInterrupt({ outlive = false } = {}): Interrupt {
  const controllers = [new AbortController(), new AbortController()] as const
  let presses = 0
  let last = Number.NEGATIVE_INFINITY
  const press = () => {
    if (performance.now() - last < ONE_PRESS_MS) return
    last = performance.now()
    const controller = controllers[presses++]
    if (controller === undefined) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', press)
  process.on('SIGTERM', press)
  const ignore = () => {}
  if (outlive) process.on('SIGHUP', ignore)
  return {
    first: controllers[0].signal,
    second: controllers[1].signal,
    [Symbol.dispose]() {
      process.off('SIGINT', press)
      process.off('SIGTERM', press)
      process.off('SIGHUP', ignore)
    },
  }
}
