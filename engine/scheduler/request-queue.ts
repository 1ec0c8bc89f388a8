// Decides whose turn it is: one request at a time, first come first served.

/** A fair lock whose waiters may give up. */
export class RequestQueue {
  #tail: Promise<void> = Promise.resolve();

  /**
   * Waits for all earlier requests.
   *
   * @returns What to call when done.
   * @throws The signal's reason, where it aborts before the turn comes; the place in the queue is given up.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const earlier = this.#tail;
    let leave!: () => void;
    const done = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#tail = earlier.then(() => done);
    try {
      await untilAborted(earlier, signal);
    } catch (reason) {
      leave();
      throw reason;
    }
    return leave;
  }
}

function untilAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
  });
}
