// Reports one request from its place in the queue to its end, whatever ends it.
import type { EngineRequest, EngineResult, EngineUsage } from "../request.js";
import type { EngineListener, RequestOutcome } from "./log-event.js";

export interface LoggedRequest {
  id: number;
  request: EngineRequest;
  /** The given beginning of the reply included. */
  promptTokens: number;
}

/** Where the request's work is counted; both change as it goes on. */
interface RunningCounts {
  usage: EngineUsage;
  sequence: { readonly computedTokens: number };
}

export class RequestLog {
  readonly #emit: EngineListener;
  readonly #request: LoggedRequest;
  readonly #queuedMs = performance.now();
  #running: RunningCounts | undefined;
  #prefilledTokens: number | undefined;
  #hasEnded = false;

  constructor(emit: EngineListener, request: LoggedRequest) {
    this.#emit = emit;
    this.#request = request;
    const { id, promptTokens } = request;
    const { maxTokens, format, sampling } = request.request;
    emit({ type: "request-queue", id, promptTokens, maxTokens, format: format.type, sampling });
  }

  get waitingMs(): number {
    return performance.now() - this.#queuedMs;
  }

  start(running: RunningCounts): void {
    this.#running = running;
    const { id, promptTokens } = this.#request;
    this.#emit({ type: "request-start", id, promptTokens, waitingMs: running.usage.queueMs });
  }

  /** The whole prompt has been read. */
  endPrefill(): void {
    const { usage, sequence } = this.#running as RunningCounts;
    this.#prefilledTokens = sequence.computedTokens;
    this.#emit({ type: "prefill-end", id: this.#request.id, computedTokens: this.#prefilledTokens, reusedTokens: usage.cachedTokens, ms: usage.prefillMs });
  }

  finish({ finishReason }: EngineResult): void {
    this.#end("finished", { finishReason });
  }

  fail(error: unknown): void {
    const { signal } = this.#request.request;
    this.#end(signal?.aborted && error === signal.reason ? "aborted" : "failed", { error });
  }

  #end(outcome: RequestOutcome, how: { finishReason?: EngineResult["finishReason"]; error?: unknown }): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const running = this.#running;
    const prefilledTokens = this.#prefilledTokens ?? running?.sequence.computedTokens ?? 0;
    this.#emit({ type: "request-end", id: this.#request.id, outcome, usage: running && structuredClone(running.usage), prefilledTokens, ...how });
  }
}
