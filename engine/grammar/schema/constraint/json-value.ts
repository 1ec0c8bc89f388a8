// What JSON values have in common: equality by a text that equal values share, divisibility of exact decimals.

export function equalityKey(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(equalityKey).join()}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${equalityKey(item)}`).join()}}`;
}

/** 0.3 is a multiple of 0.1, whatever their doubles say. */
export function isMultiple(value: number, divisor: number): boolean {
  if (value === 0) return true;
  const [digits, exponent] = decimal(value);
  const [divisorDigits, divisorExponent] = decimal(divisor);
  const shift = exponent - divisorExponent;
  if (shift >= 0) return (digits * 10n ** BigInt(shift)) % divisorDigits === 0n;
  return digits % (divisorDigits * 10n ** BigInt(-shift)) === 0n;
}

/** Digits as a whole number, and the power of ten beside it. */
function decimal(value: number): [digits: bigint, exponent: number] {
  const [mantissa, exponent = "0"] = String(Math.abs(value)).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}
