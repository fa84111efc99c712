/**
 * A handler for an emitter or a timer: what it throws, or what its promise is rejected with, goes to `onError`. Nobody
 * else would catch it, and it would end the process.
 */
export function catching<A extends readonly unknown[]>(
  onError: (error: unknown) => void,
  handler: (...args: A) => unknown,
): (...args: A) => void {
  return (...args) => {
    try {
      const result = handler(...args)
      if (result instanceof Promise) result.catch(onError)
    } catch (error) {
      onError(error)
    }
  }
}
