// Finds where each value of a JSON text was written, so that token probabilities can be laid over values.
import { childPointer } from "../schema/json-pointer.js";

/** UTF-16 offsets of a literal; a string's quotes belong to it. */
export interface TextRange {
  start: number;
  end: number;
}

/**
 * The range of every leaf of a JSON text, by its pointer, in the order of the text. Empty arrays and objects are
 * leaves. Where an object repeats a key, the last one counts, as with JSON.parse.
 *
 * @throws {SyntaxError} where the text is no JSON.
 */
export function locateLeaves(jsonText: string): Map<string, TextRange> {
  JSON.parse(jsonText);
  const leaves = new Map<string, TextRange>();
  const scan = new LeafScanner(jsonText, leaves);
  scan.value("");
  return leaves;
}

const literal = /"(?:[^"\\]|\\.)*"|[^\s,\]}]+/y;
const space = /[ \t\n\r]*/y;

/** Reads text that is known to be JSON: it looks only for where things begin and end. */
class LeafScanner {
  private position = 0;

  constructor(
    private readonly text: string,
    private readonly leaves: Map<string, TextRange>,
  ) {}

  value(pointer: string): void {
    const opening = this.peek();
    if (opening === "[") this.array(pointer);
    else if (opening === "{") this.object(pointer);
    else this.leaves.set(pointer, this.literal());
  }

  private array(pointer: string): void {
    const start = this.position++;
    let count = 0;
    for (; this.peek() !== "]"; count++) {
      this.value(childPointer(pointer, count));
      if (this.peek() === ",") this.position++;
    }
    this.close(pointer, start, count);
  }

  private object(pointer: string): void {
    const start = this.position++;
    const seen = new Set<string>();
    while (this.peek() !== "}") {
      const key = this.literal();
      const child = childPointer(pointer, JSON.parse(this.text.slice(key.start, key.end)) as string);
      if (seen.has(child)) this.forget(child);
      seen.add(child);
      this.peek();
      this.position++;
      this.value(child);
      if (this.peek() === ",") this.position++;
    }
    this.close(pointer, start, seen.size);
  }

  private close(pointer: string, start: number, count: number): void {
    this.position++;
    if (count === 0) this.leaves.set(pointer, { start, end: this.position });
  }

  private forget(pointer: string): void {
    for (const known of this.leaves.keys()) {
      if (known === pointer || known.startsWith(`${pointer}/`)) this.leaves.delete(known);
    }
  }

  private literal(): TextRange {
    literal.lastIndex = this.position;
    literal.exec(this.text);
    const start = this.position;
    this.position = literal.lastIndex;
    return { start, end: this.position };
  }

  /** The next character that is no white space. */
  private peek(): string {
    space.lastIndex = this.position;
    space.exec(this.text);
    this.position = space.lastIndex;
    return this.text[this.position];
  }
}
