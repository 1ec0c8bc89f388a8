// What the engine reports while it works, to `LoadEngineOptions.onEvent`, its own counts and OpenTelemetry.
import type { EngineUsage, FinishReason, OutputFormat, Sampling } from "../request.js";

/** `aborted`: the signal, or the caller that stopped listening. */
export type RequestOutcome = "finished" | "failed" | "aborted";

/** `id` counts the requests of an engine from 1. A request that is let in starts; every one that was queued ends. */
export type EngineLogEvent =
  | { type: "request-queue"; id: number; promptTokens: number; maxTokens: number; format: OutputFormat["type"]; sampling: Sampling }
  | { type: "request-start"; id: number; promptTokens: number; waitingMs: number }
  | { type: "prefill-end"; id: number; computedTokens: number; reusedTokens: number; ms: number }
  | {
      type: "request-end";
      id: number;
      outcome: RequestOutcome;
      /** Undefined where it was not let in. */
      usage: EngineUsage | undefined;
      /** Prompt tokens computed for it, whether or not the prompt was read to its end. */
      prefilledTokens: number;
      /** Where it finished. */
      finishReason?: FinishReason;
      /** Where it did not: the error, or the signal's reason. */
      error?: unknown;
    }
  /** A forward pass: `rows` tokens of `slots` token trees. */
  | { type: "pass-end"; slots: number; rows: number; ms: number }
  /** Keys and values that no request used made room for others, or were no longer worth their memory. */
  | { type: "cache-evict"; tokens: number }
  /** Keys and values that `distillate warm` had kept were read. */
  | { type: "prefix-load"; name: string; tokens: number; sizeBytes: number; ms: number }
  /** A kept prefix was of no use; its file was removed where that was possible. */
  | { type: "prefix-drop"; path: string; reason: "damaged" | "outdated" };

export type EngineListener = (event: EngineLogEvent) => void;
