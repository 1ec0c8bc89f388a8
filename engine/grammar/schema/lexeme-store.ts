// String and number shapes of one schema; equal ones share their machine, so that their states are shared too.
import { DateLexeme } from "../lexeme/date-lexeme.js";
import { KeyLexeme } from "../lexeme/key-lexeme.js";
import type { Lexeme } from "../lexeme/lexeme.js";
import { NumberLexeme, type NumberRange } from "../lexeme/number-lexeme.js";
import { StringLexeme } from "../lexeme/string-lexeme.js";
import type { LexemeShape } from "../shape.js";
import { WordList } from "../lexeme/word-list.js";
import { readCount, readNumber, refuse, type SchemaObject } from "./keywords.js";

const DATE_LENGTH = 10;

export class LexemeStore {
  readonly #shapes = new Map<string, LexemeShape>();

  /** @param saturation characters in the longest token */
  constructor(private readonly saturation: number) {}

  string(minLength: number, maxLength: number): LexemeShape {
    const options = { minLength, maxLength, saturation: this.saturation, escapes: "any" } as const;
    return this.#share(`string ${minLength} ${maxLength}`, "string", () => new StringLexeme(options));
  }

  number(isInteger: boolean): LexemeShape {
    return this.#range({ isInteger, minimum: -Infinity, isMinimumOpen: false, maximum: Infinity, isMaximumOpen: false });
  }

  /** Names other than `known`. */
  key(known: readonly string[], minLength: number, maxLength: number): Lexeme {
    return new KeyLexeme(new WordList(known.map((name) => JSON.stringify(name).slice(1, -1))), minLength, maxLength);
  }

  readString(schema: SchemaObject, path: string): LexemeShape {
    const minLength = readCount(schema, "minLength", path, 0);
    const maxLength = readCount(schema, "maxLength", path, Infinity);
    if (schema.format === undefined) return this.string(minLength, maxLength);
    if (schema.format !== "date") refuse(path, "format", `the format ${JSON.stringify(schema.format)} is not supported.`);
    if (minLength > DATE_LENGTH) refuse(path, "minLength", "a date has 10 characters.");
    if (maxLength < DATE_LENGTH) refuse(path, "maxLength", "a date has 10 characters.");
    return this.#share("date", "string", () => new DateLexeme());
  }

  readNumber(schema: SchemaObject, isInteger: boolean, path: string): LexemeShape {
    const minimum = readNumber(schema, "minimum", path, -Infinity);
    const maximum = readNumber(schema, "maximum", path, Infinity);
    const above = readNumber(schema, "exclusiveMinimum", path, -Infinity);
    const below = readNumber(schema, "exclusiveMaximum", path, Infinity);
    return this.#range({
      isInteger,
      minimum: Math.max(minimum, above),
      isMinimumOpen: above >= minimum && above > -Infinity,
      maximum: Math.min(maximum, below),
      isMaximumOpen: below <= maximum && below < Infinity,
    });
  }

  #range(range: NumberRange): LexemeShape {
    return this.#share(`number ${Object.values(range).join(" ")}`, "number", () => new NumberLexeme(range));
  }

  #share(key: string, type: "string" | "number", create: () => Lexeme): LexemeShape {
    let shape = this.#shapes.get(key);
    if (!shape) {
      shape = { kind: "lexeme", lexeme: create(), isQuoted: type === "string", type, minimumBytes: Infinity };
      this.#shapes.set(key, shape);
    }
    return shape;
  }
}
