// Decimal digits of a JavaScript number, for comparing digit by digit.

/** A magnitude: digits before and after the point, without idle zeros (zero is two empty texts). */
export interface Decimal {
  whole: string;
  fraction: string;
}

/** The digits that JavaScript prints for `|value|`, the exponent written out. */
export function decimalOf(value: number): Decimal {
  const [mantissa, exponent = "0"] = String(Math.abs(value)).split("e");
  const [before, after = ""] = mantissa.split(".");
  const point = before.length + Number(exponent);
  const digits = before + after;
  const padded = point <= 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const at = Math.max(0, point);
  return { whole: padded.slice(0, at).replace(/^0+/, ""), fraction: padded.slice(at).replace(/0+$/, "") };
}
