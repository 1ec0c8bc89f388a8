// Where each cell of a CSV text stands (RFC 4180); papaparse gives values without places.
// `csv-reader.ts` lets papaparse judge first.

/** Offsets of the content, inside the quotes if it has any. */
export interface CsvCell { start: number; end: number; quoted: boolean }

/** Rows that are not blank. The text is known to have no broken quotes. */
export function csvCells(source: string, delimiter: string): CsvCell[][] {
  const rows: CsvCell[][] = [];
  let row: CsvCell[] = [];
  let at = 0;
  while (at <= source.length) {
    const { cell, next } = readCell(source, at, delimiter);
    row.push(cell);
    if (source[next] === delimiter) {
      at = next + 1;
      continue;
    }
    const isBlank = row.length === 1 && source.slice(cell.start, cell.end).trim() === "" && !cell.quoted;
    if (!isBlank) rows.push(row);
    row = [];
    at = next + (source[next] === "\r" && source[next + 1] === "\n" ? 2 : 1);
  }
  return rows;
}

/** One cell, and the offset of the delimiter or line break behind it. */
function readCell(source: string, start: number, delimiter: string): { cell: CsvCell; next: number } {
  const isEnd = (index: number): boolean => index >= source.length || source[index] === delimiter || source[index] === "\n" || source[index] === "\r";
  if (source[start] !== '"') {
    let end = start;
    while (!isEnd(end)) end++;
    return { cell: { start, end, quoted: false }, next: end };
  }
  let end = source.indexOf('"', start + 1);
  while (end >= 0 && source[end + 1] === '"') end = source.indexOf('"', end + 2);
  if (end < 0) end = source.length;
  let next = end + 1;
  while (!isEnd(next)) next++;
  return { cell: { start: start + 1, end, quoted: true }, next };
}

/** What a cell says: a doubled quote is one quote. */
export function cellText(source: string, cell: CsvCell): string {
  const raw = source.slice(cell.start, cell.end);
  return cell.quoted ? raw.replaceAll('""', '"') : raw;
}
