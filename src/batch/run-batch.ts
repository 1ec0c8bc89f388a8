// Runs a task over many records: streams in, results out as they finish; a record that fails is a result too.
import { setMaxListeners } from "node:events";
import { DistillateError } from "../error/distillate-error.js";
import { UnexpectedError } from "../error/unexpected-error.js";
import { concurrencyOf } from "../model/resolve-model.js";
import type { Extraction } from "../result/extraction.js";
import type { RecordInput, SafeResult, Task, TaskOptions, TaskProgress } from "../task-types.js";

export interface BatchItem<Input> {
  /** Names the record in the results: a path or an id of your own. */
  source: string;
  record: RecordInput<Input>;
}

export type BatchRecord<Output> =
  | { source: string; ok: true; value: Extraction<Output>; ms: number }
  | { source: string; ok: false; error: DistillateError; ms: number };

export type BatchProgress =
  | { type: "record-start"; source: string }
  | { type: "record-progress"; source: string; progress: TaskProgress }
  | { type: "record-finish"; source: string; ok: boolean; ms: number };

export interface BatchOptions extends Omit<TaskOptions, "onProgress"> {
  /**
   * Records in work at once. Default: what suits the model: 4 for the bundled engine, which computes them together,
   * 8 for a server.
   */
  concurrency?: number;
  onProgress?: (progress: BatchProgress) => void;
}

/**
 * Yields one BatchRecord per item, in the order in which they finish. No more than `concurrency` items are
 * in work or finished and not yet taken, so that a slow consumer slows the source down. Throws what the
 * source of items throws, or the signal's reason; leaving the loop early aborts the records in work.
 */
export async function* runBatch<Input, Output>(
  task: Task<Input, Output>,
  items: Iterable<BatchItem<Input>> | AsyncIterable<BatchItem<Input>>,
  options: BatchOptions = {},
): AsyncGenerator<BatchRecord<Output>, void, undefined> {
  const { concurrency = concurrencyOf(options.model), onProgress, signal, ...taskOptions } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError("runBatch: concurrency is a whole number from 1.");
  const leaving = new AbortController();
  const either = signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal;
  // One listener for each record that waits for the model.
  setMaxListeners(0, either);
  const source = iteratorOf(items);
  const inWork = new Map<BatchItem<Input>, Promise<Settled<Input, Output>>>();
  const aborted = rejectionOf(either);
  let next: Promise<Arrived<Input>> | undefined;
  let sourceEnded = false;
  try {
    for (;;) {
      if (!sourceEnded && !next && inWork.size < concurrency) next = arrivalOf(source);
      if (!next && inWork.size === 0) return;
      const event = await Promise.race([aborted, ...inWork.values(), ...(next ? [next] : [])]);
      if (event.type === "settled") {
        inWork.delete(event.item);
        const { record } = event;
        onProgress?.({ type: "record-finish", source: record.source, ok: record.ok, ms: record.ms });
        yield record;
      } else {
        next = undefined;
        if (event.item) inWork.set(event.item, runRecord(task, event.item, { ...taskOptions, signal: either }, onProgress));
        else sourceEnded = true;
      }
    }
  } finally {
    leaving.abort();
    await Promise.allSettled(inWork.values());
    // A source that is still being waited for may never answer.
    const closed = Promise.resolve(source.return?.()).catch(() => {});
    if (!next) await closed;
  }
}

interface Arrived<Input> {
  type: "arrived";
  /** Undefined where the source has ended. */
  item: BatchItem<Input> | undefined;
}

interface Settled<Input, Output> {
  type: "settled";
  item: BatchItem<Input>;
  record: BatchRecord<Output>;
}

function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): Iterator<Item> | AsyncIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  rejection.catch(() => {});
  return rejection;
}

function arrivalOf<Input>(
  source: Iterator<BatchItem<Input>> | AsyncIterator<BatchItem<Input>>,
): Promise<Arrived<Input>> {
  const arrival = Promise.resolve(source.next()).then(
    ({ done, value }): Arrived<Input> => ({ type: "arrived", item: done ? undefined : value }),
  );
  // Nobody listens once the batch is left.
  arrival.catch(() => {});
  return arrival;
}

async function runRecord<Input, Output>(
  task: Task<Input, Output>,
  item: BatchItem<Input>,
  options: TaskOptions,
  onProgress: BatchOptions["onProgress"],
): Promise<Settled<Input, Output>> {
  const { source, record } = item;
  const startMs = performance.now();
  onProgress?.({ type: "record-start", source });
  const result = await settle(task, record, {
    ...options,
    ...(onProgress && { onProgress: (progress) => onProgress({ type: "record-progress", source, progress }) }),
  });
  return { type: "settled", item, record: { source, ...result, ms: performance.now() - startMs } };
}

async function settle<Input, Output>(
  task: Task<Input, Output>,
  record: RecordInput<Input>,
  options: TaskOptions,
): Promise<SafeResult<Output>> {
  try {
    return await task.safe(record, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ok: false, error: DistillateError.isInstance(error) ? error : new UnexpectedError(error) };
  }
}
