// Tells listeners what the engine does, and keeps what they throw away from it.
import type { EngineListener, EngineLogEvent } from "./log-event.js";

/** Not `Error` objects alone: a listener may throw anything. */
const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

export class EventHub {
  readonly #listeners: readonly EngineListener[];
  #hasWarned = false;

  constructor(listeners: readonly EngineListener[]) {
    this.#listeners = listeners;
  }

  readonly emit: EngineListener = (event) => {
    for (const listener of this.#listeners) this.#tell(listener, event);
  };

  /** The first failure becomes a process warning; the engine and later events go on. */
  #tell(listener: (event: EngineLogEvent) => unknown, event: EngineLogEvent): void {
    try {
      const returned = listener(event);
      if (returned instanceof Promise) returned.catch((error: unknown) => this.#warn(event, error));
    } catch (error) {
      this.#warn(event, error);
    }
  }

  #warn({ type }: EngineLogEvent, error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(`A listener of the engine failed at ${type}: ${describe(error)}`, { code: "DISTILLATE_LISTENER" });
  }
}
