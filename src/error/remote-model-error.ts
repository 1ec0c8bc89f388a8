// A model server that could not be reached, refused, or broke the protocol; thrown by src/model/remote-model.ts.
import { DistillateError, type DistillateErrorOptions } from "./distillate-error.js";

/**
 * - `connection`: the server could not be reached.
 * - `timeout`: the server was silent for longer than `timeoutMs`.
 * - `status`: it answered with an HTTP error.
 * - `protocol`: it answered something the protocol does not know, or ignored the output format.
 * - `dropped`: the stream ended before the reply did.
 */
export type RemoteFailure = "connection" | "timeout" | "status" | "protocol" | "dropped";

export interface RemoteModelErrorOptions extends DistillateErrorOptions {
  failure: RemoteFailure;
  status?: number;
  body?: string;
  rawText?: string;
  retryAfterMs?: number;
}

export class RemoteModelError extends DistillateError {
  readonly code = "REMOTE_MODEL_FAILED";
  readonly failure: RemoteFailure;
  /** HTTP status, where the server answered with an error. */
  readonly status: number | undefined;
  /** The beginning of what the server said. */
  readonly body: string | undefined;
  /** The part of the reply that had arrived. */
  readonly rawText: string | undefined;
  /** How long the server asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: RemoteModelErrorOptions) {
    super(message, options);
    this.failure = options.failure;
    this.status = options.status;
    this.body = options.body;
    this.rawText = options.rawText;
    this.retryAfterMs = options.retryAfterMs;
  }
}
