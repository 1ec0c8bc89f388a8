// Names for the columns of a table, from its header row; the table readers share them.

/** Unique names: an empty header becomes `column_N`, a repeated one gets `_2`, `_3`... */
export function columnNames(headers: readonly string[]): string[] {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return headers.map((header, index) => {
    const base = header.trim() || `column_${index + 1}`;
    let name = base;
    let count = counts.get(base) ?? 1;
    while (taken.has(name)) name = `${base}_${++count}`;
    counts.set(base, count);
    taken.add(name);
    return name;
  });
}
