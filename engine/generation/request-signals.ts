// The signals that end requests: each request has one of its own, and a caller's signal gets one listener, however many requests it was given to.
import { setMaxListeners } from "node:events";

/** Of one request. */
export interface OwnSignal {
  signal: AbortSignal;
  abort(reason: unknown): void;
  /** The request has ended: nothing aborts the signal any more, and nothing listens to the caller's. */
  release(): void;
  /** Throws what has aborted it or, after the request has ended, would have. */
  throwIfAborted(): void;
}

interface Followers {
  controllers: Set<AbortController>;
  onAbort(): void;
}

/** `AbortSignal.any` would do, but for what it leaves behind on signals that outlive many requests. */
export class RequestSignals {
  readonly #open = new Set<AbortController>();
  #endReason: unknown;
  readonly #followers = new Map<AbortSignal, Followers>();

  /** A signal that aborts with the caller's, for one request. */
  open(callers: AbortSignal | undefined): OwnSignal {
    const controller = new AbortController();
    // All its listeners are the engine's, and a request that explores has many.
    setMaxListeners(0, controller.signal);
    this.#open.add(controller);
    if (callers?.aborted) controller.abort(callers.reason);
    else if (callers) this.#follow(callers).controllers.add(controller);
    return {
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
      release: () => {
        this.#open.delete(controller);
        if (callers) this.#unfollow(callers, controller);
      },
      throwIfAborted: () => {
        controller.signal.throwIfAborted();
        callers?.throwIfAborted();
        if (this.#endReason !== undefined) throw this.#endReason;
      },
    };
  }

  /** Those of requests to come, too. */
  abortAll(reason: unknown): void {
    this.#endReason = reason;
    for (const controller of this.#open) controller.abort(reason);
  }

  #follow(callers: AbortSignal): Followers {
    const known = this.#followers.get(callers);
    if (known) return known;
    const controllers = new Set<AbortController>();
    const onAbort = (): void => {
      for (const controller of controllers) controller.abort(callers.reason);
    };
    callers.addEventListener("abort", onAbort, { once: true });
    const followers = { controllers, onAbort };
    this.#followers.set(callers, followers);
    return followers;
  }

  #unfollow(callers: AbortSignal, controller: AbortController): void {
    const followers = this.#followers.get(callers);
    if (!followers) return;
    followers.controllers.delete(controller);
    if (followers.controllers.size > 0) return;
    callers.removeEventListener("abort", followers.onAbort);
    this.#followers.delete(callers);
  }
}
