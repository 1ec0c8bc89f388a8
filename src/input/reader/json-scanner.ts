// Where each value of a JSON text stands (RFC 8259); JSON.parse gives values without places.
// `json-reader.ts` writes the tree out.

/** Offsets of a value; those of a string lie inside its quotes. */
export type JsonNode =
  | { kind: "string" | "literal"; start: number; end: number }
  | { kind: "array"; start: number; end: number; items: JsonNode[] }
  | { kind: "object"; start: number; end: number; members: { key: string; value: JsonNode }[] };

/** Depth at which scanning gives up; deeper JSON is no record and would cost stack. */
const MAX_JSON_DEPTH = 1000;

/** Where and why scanning stopped. */
export class JsonSyntax extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** @throws JsonSyntax */
export function scanJson(source: string): JsonNode {
  const scanner = new Scanner(source);
  const node = scanner.value(0);
  scanner.end();
  return node;
}

class Scanner {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  value(depth: number): JsonNode {
    if (depth > MAX_JSON_DEPTH) this.#fail(`Nested deeper than ${MAX_JSON_DEPTH} levels`);
    this.#space();
    const char = this.#source[this.#at];
    if (char === "{") return this.#object(depth);
    if (char === "[") return this.#array(depth);
    if (char === '"') return this.#string();
    const start = this.#at;
    LITERAL.lastIndex = start;
    const match = LITERAL.exec(this.#source);
    if (!match) this.#fail("Expected a value");
    this.#at += match[0].length;
    return { kind: "literal", start, end: this.#at };
  }

  end(): void {
    this.#space();
    if (this.#at < this.#source.length) this.#fail("Unexpected text after the value");
  }

  #object(depth: number): JsonNode {
    const start = this.#at++;
    const members: { key: string; value: JsonNode }[] = [];
    while (!this.#closes("}", members.length)) {
      this.#space();
      if (this.#source[this.#at] !== '"') this.#fail("Expected a property name in double quotes");
      const name = this.#string();
      this.#space();
      if (this.#source[this.#at] !== ":") this.#fail("Expected a colon");
      this.#at++;
      const key = JSON.parse(this.#source.slice(name.start - 1, name.end + 1)) as string;
      members.push({ key, value: this.value(depth + 1) });
    }
    return { kind: "object", start, end: this.#at, members };
  }

  #array(depth: number): JsonNode {
    const start = this.#at++;
    const items: JsonNode[] = [];
    while (!this.#closes("]", items.length)) items.push(this.value(depth + 1));
    return { kind: "array", start, end: this.#at, items };
  }

  /** Steps over the closing bracket, or over the comma before another entry. */
  #closes(bracket: string, count: number): boolean {
    this.#space();
    const char = this.#source[this.#at];
    if (char === bracket) {
      this.#at++;
      return true;
    }
    if (count === 0) return false;
    if (char !== ",") this.#fail(`Expected a comma or ${bracket}`);
    this.#at++;
    return false;
  }

  #string(): JsonNode {
    const start = ++this.#at;
    for (;;) {
      const code = this.#source.charCodeAt(this.#at);
      if (code === 0x22) return { kind: "string", start, end: this.#at++ };
      if (code === 0x5c) {
        ESCAPE.lastIndex = this.#at;
        const match = ESCAPE.exec(this.#source);
        if (!match) this.#fail("Invalid escape in a string");
        this.#at += match[0].length;
      } else if (code >= 0x20) this.#at++;
      else this.#fail(Number.isNaN(code) ? "Unterminated string" : "Control character in a string");
    }
  }

  #space(): void {
    while (" \t\r\n".includes(this.#source[this.#at] ?? "x")) this.#at++;
  }

  #fail(message: string): never {
    throw new JsonSyntax(message, this.#at);
  }
}
