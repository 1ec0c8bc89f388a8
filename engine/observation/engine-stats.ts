// Sums over everything an engine has done, kept from its events; `engine.ts` adds what is so at the moment.
import type { Flops } from "../request.js";
import type { EngineListener, EngineLogEvent } from "./log-event.js";

/** Since the engine was loaded, but for what is said to be of the moment. */
export interface EngineStats {
  /** Forward passes. */
  passes: number;
  /** Token trees in them, one each pass at least. */
  slots: number;
  /** Tokens computed, equal ones of a pass counted once. */
  rows: number;
  tokens: {
    /** Of prompts, computed. */
    prefilled: number;
    /** Of prompts, found in memory or on disk. */
    reused: number;
    /** Of replies: the format left no choice. */
    forced: number;
    /** Tried ahead of the model. */
    drafted: number;
    /** Those of them that the model wrote, too. */
    accepted: number;
    /** Of replies and thinking: drawn from the model's probabilities, accepted drafts included. */
    sampled: number;
  };
  /** Of requests at the same time, the sum; `mask` is part of `decode`, and `pass` what the decoder took of all. */
  timeMs: { queue: number; prefill: number; decode: number; mask: number; pass: number };
  /** Requests that found something of their prompt. */
  cacheHits: number;
  /** Idle token trees that were given up. */
  cacheEvictions: number;
  /** `open` and `waiting` (for memory or a place): at the moment. */
  requests: { finished: number; failed: number; aborted: number; open: number; waiting: number };
  flops: Flops;
  /** At the moment. */
  memory: {
    weightsBytes: number;
    /** Allocated for keys and values; what no token has touched yet is not resident. */
    kvBytes: number;
    /** The most that keys and values may take. */
    kvBudgetBytes: number;
    /** Allocated for the logits that a pass gives. */
    logitsBytes: number;
    /** Token trees that requests use, and those kept for later ones. */
    activeTrees: number;
    idleTrees: number;
  };
}

type Counts = Omit<EngineStats, "memory" | "requests"> & { requests: Omit<EngineStats["requests"], "open" | "waiting"> };

export class EngineCounts {
  readonly #counts: Counts = {
    passes: 0,
    slots: 0,
    rows: 0,
    tokens: { prefilled: 0, reused: 0, forced: 0, drafted: 0, accepted: 0, sampled: 0 },
    timeMs: { queue: 0, prefill: 0, decode: 0, mask: 0, pass: 0 },
    cacheHits: 0,
    cacheEvictions: 0,
    requests: { finished: 0, failed: 0, aborted: 0 },
    flops: { computed: 0, skipped: 0 },
  };

  /** A copy. */
  get totals(): Counts {
    return structuredClone(this.#counts);
  }

  readonly add: EngineListener = (event) => {
    const counts = this.#counts;
    switch (event.type) {
      case "pass-end":
        counts.passes++;
        counts.slots += event.slots;
        counts.rows += event.rows;
        counts.timeMs.pass += event.ms;
        break;
      case "prefill-end":
        counts.tokens.reused += event.reusedTokens;
        if (event.reusedTokens > 0) counts.cacheHits++;
        break;
      case "request-end":
        this.#addRequest(event);
        break;
      case "cache-evict":
        counts.cacheEvictions++;
        break;
    }
  };

  #addRequest({ outcome, usage, prefilledTokens }: Extract<EngineLogEvent, { type: "request-end" }>): void {
    const { requests, tokens, timeMs, flops } = this.#counts;
    requests[outcome]++;
    tokens.prefilled += prefilledTokens;
    if (!usage) return;
    tokens.forced += usage.forcedTokens;
    tokens.drafted += usage.draftedTokens;
    tokens.accepted += usage.acceptedTokens;
    tokens.sampled += usage.thinkingTokens + usage.outputTokens - usage.forcedTokens;
    timeMs.queue += usage.queueMs;
    timeMs.prefill += usage.prefillMs;
    timeMs.decode += usage.decodeMs;
    timeMs.mask += usage.maskMs;
    flops.computed += usage.flops.computed;
    flops.skipped += usage.flops.skipped;
  }
}
