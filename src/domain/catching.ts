/**
 * A handler for an emitter or a timer. What it throws, or its promise rejects with, goes to `onError`; uncaught,
 * it would end the process.
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
