// Does one date come after another?
import type { Warning } from "../result/extraction.js";

export interface NamedDate {
  name: string;
  /** ISO 8601. */
  date: string | null;
}

/** Warns of a later date that is before the earlier one; where one is absent there is nothing to compare. */
export function checkDateOrder(earlier: NamedDate, later: NamedDate & { path: string }): Warning[] {
  if (earlier.date === null || later.date === null || earlier.date <= later.date) return [];
  const message = `The ${later.name} (${later.date}) is before the ${earlier.name} (${earlier.date}).`;
  return [{ code: "DATES_REVERSED", message, path: later.path }];
}
