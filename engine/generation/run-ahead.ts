// Lets a request go on whether or not its reader does: events wait for the reader, not the engine. `engine.ts` uses it.
import type { OwnSignal } from "./request-signals.js";

/**
 * What the request yields, until its signal aborts. Where the reader leaves early, the signal is aborted.
 *
 * @throws The signal's reason, or what the request throws.
 */
export async function* runAhead<Event>(request: () => AsyncIterable<Event>, own: OwnSignal): AsyncGenerator<Event, void> {
  const unread: Event[] = [];
  let wake: (() => void) | undefined;
  const run = gather(request, (event) => {
    unread.push(event);
    wake?.();
  }).finally(own.release);
  let hasEnded = false;
  const ended = run.catch(() => undefined).then(() => {
    hasEnded = true;
    wake?.();
  });
  try {
    for (;;) {
      own.throwIfAborted();
      const event = unread.shift();
      if (event !== undefined) yield event;
      else if (hasEnded) return await run;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    if (!hasEnded) own.abort(new DOMException("The reader of the events has left.", "AbortError"));
    await ended;
  }
}

async function gather<Event>(request: () => AsyncIterable<Event>, take: (event: Event) => void): Promise<void> {
  for await (const event of request()) take(event);
}
