// A batch record as one line of JSON, the format that `distillate run` writes.
import type { DistillateError } from "../error/distillate-error.js";
import type { BatchRecord } from "./run-batch.js";

/**
 * `{ source, ok: true, data, fields, warnings, usage, ms }` or `{ source, ok: false, error, ms }`, without a line
 * break at the end. U+2028 and U+2029 are escaped, so that readers which break lines there stay right.
 */
export function formatJsonLine<Output>(record: BatchRecord<Output>): string {
  const { source, ok } = record;
  const ms = Math.round(record.ms);
  const line = record.ok
    ? { source, ok, ...pick(record.value, ["data", "fields", "warnings", "usage"]), ms }
    : { source, ok, error: describeError(record.error), ms };
  return JSON.stringify(line).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** Everything the error carries, such as issues, raw text and usage; of its cause, the message. */
function describeError(error: DistillateError): Record<string, unknown> {
  const { code, message } = error;
  const { name: _name, ...details } = { ...error };
  const cause = error.cause instanceof Error ? error.cause.message : error.cause;
  return Object.assign({ code, message }, details, cause === undefined ? {} : { cause });
}

function pick<Source extends object, Key extends keyof Source>(source: Source, keys: readonly Key[]): Pick<Source, Key> {
  return Object.fromEntries(keys.map((key) => [key, source[key]])) as Pick<Source, Key>;
}
