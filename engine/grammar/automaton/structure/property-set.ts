// Sets of an object's properties as strings: a bit for each, so that equal sets are equal keys, whatever the order they were filled in.

const BITS = 16;

/** The empty set where there are `count` properties. */
export function noProperties(count: number): string {
  return "\0".repeat(Math.ceil(count / BITS));
}

export function hasProperty(set: string, property: number): boolean {
  return ((set.charCodeAt(Math.floor(property / BITS)) >>> (property % BITS)) & 1) === 1;
}

export function withProperty(set: string, property: number): string {
  const at = Math.floor(property / BITS);
  return set.slice(0, at) + String.fromCharCode(set.charCodeAt(at) | (1 << (property % BITS))) + set.slice(at + 1);
}
