// Names for the columns of a table, from its header row; the table readers share them.

/** Unique names: an empty header becomes `column_N`, a repeated one gets `_2`, `_3`... */
export function columnNames(headers: readonly string[]): string[] {
  const taken = new Set<string>();
  return headers.map((header, index) => {
    const base = header.trim() || `column_${index + 1}`;
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
    taken.add(name);
    return name;
  });
}
