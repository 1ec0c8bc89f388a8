// IEEE 754 half precision to numbers, by table: block formats hold one or two per block.

/** [65536] f32: the value of every bit pattern. */
export function createHalfTable(): Float32Array {
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < table.length; bits++) {
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    table[bits] = sign * magnitude(exponent, fraction);
  }
  return table;
}

function magnitude(exponent: number, fraction: number): number {
  if (exponent === 0) return fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : Number.POSITIVE_INFINITY;
  return (1 + fraction / 1024) * 2 ** (exponent - 15);
}
