// RFC 6901 pointers: how every stage names a place in a value.

/** The pointer of `key` below `parent`. */
export function childPointer(parent: string, key: string | number): string {
  return `${parent}/${escapeKey(String(key))}`;
}

/** The pointer of a path of keys, outermost first. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(childPointer, "");
}

/** The keys of a pointer, outermost first. Throws a RangeError where the text is no pointer. */
export function pointerKeys(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new RangeError(`Not a JSON pointer: ${JSON.stringify(pointer)}`);
  return pointer.slice(1).split("/").map(unescapeKey);
}

/** The value at a pointer, or undefined where there is none. Inherited properties do not count. */
export function getAtPointer(value: unknown, pointer: string): unknown {
  let current = value;
  for (const key of pointerKeys(pointer)) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescapeKey(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}
