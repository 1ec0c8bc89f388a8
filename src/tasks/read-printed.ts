// Printed amounts and dates -> numbers and ISO dates; what cannot be read becomes null with a warning.
import type { Warning } from "../result/extraction.js";
import { parseDate } from "../result/normalize-date.js";
import { parseNumber } from "../result/normalize-number.js";

export interface PrintedReader {
  readonly warnings: Warning[];
  number(printed: string | null, path: string): number | null;
  date(printed: string | null, path: string): string | null;
}

export function createPrintedReader(): PrintedReader {
  const warnings: Warning[] = [];
  const read = <Value>(what: string, parse: (text: string) => Value | undefined) => (printed: string | null, path: string): Value | null => {
    if (printed === null) return null;
    const value = parse(printed);
    if (value !== undefined) return value;
    // A dash in a cell says that there is no amount.
    if (/\p{L}|\p{N}/u.test(printed)) {
      warnings.push({ code: "VALUE_UNREADABLE", message: `"${printed}" is not exactly one ${what}; the value is null.`, path });
    }
    return null;
  };
  return { warnings, number: read("number", parseNumber), date: read("date", (text) => parseDate(text)) };
}
