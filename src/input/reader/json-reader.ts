// JSON is read as indented `key: value` lines, which take fewer tokens than braces and quotes; each value
// keeps its place and RFC 6901 pointer. JSON.parse judges, `json-scanner.ts` says where.
import { InputError } from "../../error/input/input-error.js";
import type { MappedText, Place } from "../mapped-text.js";
import { JsonSyntax, scanJson, type JsonNode } from "./json-scanner.js";
import type { Reader } from "./reader.js";

const ESCAPE = /\\(?:u[\da-fA-F]{4}|[^u])/g;
const NEEDS_QUOTES = /\p{Cc}|^\s|\s$|^$/u;

export const jsonReader: Reader = {
  format: "json",
  extensions: ["json"],
  detects(source) {
    if (!/^\s*[[{]/.test(source)) return false;
    try {
      JSON.parse(source);
      return true;
    } catch {
      return false;
    }
  },
  read(source, out) {
    const data = parse(source);
    new JsonWriter(source, out).write(scan(source), "", "");
    return data;
  },
};

function parse(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (cause) {
    scan(source);
    throw broken(source, (cause as Error).message, source.length, cause);
  }
}

function scan(source: string): JsonNode {
  try {
    return scanJson(source);
  } catch (cause) {
    if (!(cause instanceof JsonSyntax)) throw cause;
    throw broken(source, cause.message, cause.offset, cause);
  }
}

function broken(source: string, message: string, offset: number, cause: unknown): InputError {
  return new InputError(`Invalid JSON: ${message}`, {
    format: "json", rawText: source, offset, cause,
    hint: 'Mend the JSON, or pass its content as a string to read it as plain text.',
  });
}

class JsonWriter {
  readonly #source: string;
  readonly #out: MappedText;

  constructor(source: string, out: MappedText) {
    this.#source = source;
    this.#out = out;
  }

  /** Writes a value whose first line begins where the text ends now; later lines are indented. */
  write(node: JsonNode, pointer: string, indent: string): void {
    if (node.kind === "object" && node.members.length > 0) this.#members(node.members, pointer, indent);
    else if (node.kind === "array" && node.items.length > 0) {
      node.items.forEach((item, index) => {
        this.#out.label(index > 0 ? `\n${indent}- ` : "- ");
        this.write(item, `${pointer}/${index}`, `${indent}  `);
      });
    } else if (node.kind === "string") this.#string(node.start, node.end, { pointer });
    else {
      const empty = { object: "{}", array: "[]", literal: this.#source.slice(node.start, node.end) };
      this.#out.value(empty[node.kind], node.start, node.end, { pointer });
    }
  }

  #members(members: { key: string; value: JsonNode }[], pointer: string, indent: string): void {
    members.forEach(({ key, value }, index) => {
      if (index > 0) this.#out.label(`\n${indent}`);
      const nested = (value.kind === "object" && value.members.length > 0) || (value.kind === "array" && value.items.length > 0);
      this.#out.label(`${NEEDS_QUOTES.test(key) ? JSON.stringify(key) : key}:${nested ? `\n${indent}  ` : " "}`);
      this.write(value, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, `${indent}  `);
    });
  }

  /** Each escape maps to the character it stands for, the runs between them character for character. */
  #string(start: number, end: number, place: Place): void {
    if (start === end) this.#out.value('""', start - 1, end + 1, place);
    let at = start;
    for (const { 0: escape, index } of this.#source.slice(start, end).matchAll(ESCAPE)) {
      this.#out.value(this.#source.slice(at, start + index), at, start + index, place);
      at = start + index + escape.length;
      this.#out.value(JSON.parse(`"${escape}"`) as string, start + index, at, place);
    }
    this.#out.value(this.#source.slice(at, end), at, end, place);
  }
}
