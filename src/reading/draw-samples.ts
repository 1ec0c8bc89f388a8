// The samples of a record: how many, how each is drawn, what becomes of those that fail.
import { samplesToSettle } from "../consensus/settle.js";
import type { DistillateError } from "../error/distillate-error.js";
import { OutputParseError } from "../error/output/output-parse-error.js";
import { OutputTruncatedError } from "../error/output/output-truncated-error.js";
import { OutputValidationError } from "../error/output/output-validation-error.js";
import type { Sampling } from "../model/language-model.js";
import type { TaskOptions } from "../task-types.js";
import type { Reading } from "./reading.js";
import { toCheckedOutput } from "./rewrite-values.js";
import { readClauses } from "./strategy/read-clauses.js";
import { readRecord } from "./strategy/read-record.js";
import { toOutput, type Sample } from "./to-output.js";

export interface DrawnSamples {
  /** In the order of their seeds; at least one. */
  samples: Sample[];
  failures: DistillateError[];
}

/** Of `auto`: the fewest that can settle a list, and the most that are drawn. */
const FIRST_SAMPLES = 6;
const MOST_SAMPLES = 10;

type Drawn = { sample: Sample } | { failure: DistillateError };

/**
 * Draws them at once; of `auto` as many as could settle the vote, then again, until it is settled. Samples that fail
 * leave the others standing; where all fail, the first failure is thrown.
 */
export async function drawSamples(record: Omit<Reading, "isOnlySample">, { samples: wanted = 1, seed = 0 }: TaskOptions): Promise<DrawnSamples> {
  const most = wanted === "auto" ? MOST_SAMPLES : wanted;
  const reading = { ...record, isOnlySample: most === 1 };
  const plan = samplings(reading, most, seed);
  const drawn: Drawn[] = [];
  let next = wanted === "auto" ? FIRST_SAMPLES : wanted;
  while (next > 0) {
    const round = plan.slice(drawn.length, drawn.length + next);
    drawn.push(...(await reading.calls.together<Drawn[]>(round.map((sampling) => (calls) => draw({ ...reading, calls }, sampling)))));
    next = samplesToSettle(samplesOf(drawn), reading.task.schema, plan.length - drawn.length);
  }
  const samples = samplesOf(drawn);
  const failures = drawn.flatMap((outcome) => ("failure" in outcome ? [Object.assign(outcome.failure, { usage: reading.calls.usage })] : []));
  if (samples.length > 0) return { samples, failures };
  const [failure] = failures;
  if (failures.length > 1) failure.cause = new AggregateError(failures.slice(1), "No sample was usable.");
  throw failure;
}

function samplesOf(drawn: readonly Drawn[]): Sample[] {
  return drawn.flatMap((outcome) => ("sample" in outcome ? [outcome.sample] : []));
}

async function draw(reading: Reading, sampling: Sampling): Promise<Drawn> {
  try {
    const answer = await readAnswer(reading, sampling);
    // Of several samples, the vote judges.
    return { sample: reading.isOnlySample ? await toCheckedOutput(reading, answer) : toOutput(reading, answer) };
  } catch (error) {
    reading.calls.signal?.throwIfAborted();
    if (!isOutputError(error)) throw error;
    return { failure: error };
  }
}

function readAnswer(reading: Reading, sampling: Sampling) {
  const { strategy } = reading;
  return strategy.type === "clauses" ? readClauses(reading, sampling, strategy) : readRecord(reading, sampling);
}

/**
 * One answer is greedy. Repeated ones need a temperature, and so does the thinking of models trained to think, which
 * loops without one; those are the models that need text to skip their thinking.
 */
function samplings({ context, task }: Reading, count: number, seed: number): Sampling[] {
  const { temperature, topP, thinking } = context.advice;
  const thinks = task.definition.thinking !== undefined && thinking.skip !== "";
  if (count === 1 && !thinks) return [{ temperature: 0, seed }];
  return Array.from({ length: count }, (_, index) => ({ temperature, topP, seed: seed + index }));
}

function isOutputError(error: unknown): error is OutputParseError | OutputTruncatedError | OutputValidationError {
  return error instanceof OutputParseError || error instanceof OutputTruncatedError || error instanceof OutputValidationError;
}
