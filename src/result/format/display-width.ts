// How many columns of a terminal a text takes, and how to cut it to a number of them.

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Wide and full-width characters of UAX #11, as the ranges that occur in documents, and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** Control and format characters: they take no column of their own, and a terminal may obey them. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

export function displayWidth(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += columnsOf(segment);
  return columns;
}

/** Fills up with spaces on the right. */
export function padTo(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** One line of what a document says: runs of control characters and white space become one space. */
export function printable(text: string): string {
  return text.replace(unprintable, (run) => (/\s/u.test(run) ? " " : "")).replace(/\s+/gu, " ").trim();
}

/** Breaks at spaces, beside wide characters and after the joints of a path; elsewhere only where a word is longer than a line. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  let lineColumns = 0;
  for (const piece of piecesOf(text, columns)) {
    const pieceColumns = displayWidth(piece.trimEnd());
    if (line !== "" && lineColumns + pieceColumns > columns) {
      lines.push(line.trimEnd());
      line = "";
      lineColumns = 0;
    }
    line += piece;
    lineColumns += displayWidth(piece);
  }
  if (line !== "" || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** Words with the spaces after them, wide characters one by one, no piece wider than a line. */
function piecesOf(text: string, columns: number): string[] {
  const pieces: string[] = [];
  let word = "";
  const endWord = (): void => {
    if (word !== "") pieces.push(word);
    word = "";
  };
  for (const { segment } of graphemes.segment(text)) {
    const startsPiece = (word.endsWith(" ") && segment !== " ") || (/[./]$/u.test(word) && /\p{L}/u.test(segment));
    if (startsPiece || wide.test(segment) || displayWidth(word + segment.trimEnd()) > columns) endWord();
    word += segment;
    if (wide.test(segment)) endWord();
  }
  endWord();
  return pieces;
}

function columnsOf(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return /^[\p{Cc}\p{Cf}\p{Mn}\p{Me}]*$/u.test(grapheme) ? 0 : 1;
}
