// Reads a JSON Schema (draft 2020-12 and 7) into a shape, refusing by path what cannot be enforced.
import type { JsonSchema } from "../../request.js";
import { type JsonStyle, type Shape, unionShape, wordsShape } from "../shape.js";
import { areDisjoint } from "./disjoint.js";
import { readEnum } from "./enum-reader.js";
import { isSchemaObject, type JsonType, refuse, requireAlone, type SchemaObject, typesOf, validityKeywords } from "./keywords.js";
import { LexemeStore } from "./lexeme-store.js";
import { resolvePointer } from "./pointer.js";
import { readArray, readObject } from "./structure-reader.js";

/** Where a schema allows any value, values nest at most this deep, so that they end. */
const ANY_DEPTH = 6;

export class SchemaReader {
  readonly lexemes: LexemeStore;
  /** Finished shapes, and holders of those being read: recursion ends at a holder. */
  readonly #shapes = new Map<object, Shape>();
  readonly #anyShapes: Shape[] = [];
  /** Checks that need finished shapes. */
  readonly #checks: (() => void)[] = [];

  constructor(
    private readonly root: JsonSchema,
    saturation: number,
    readonly style: JsonStyle,
  ) {
    this.lexemes = new LexemeStore(saturation);
  }

  readRoot(): Shape {
    const shape = this.read(this.root, "");
    for (const check of this.#checks) check();
    return shape;
  }

  /** @param path JSON pointer to `schema`, for errors */
  read(schema: unknown, path: string): Shape {
    if (schema === true) return this.anyShape();
    if (schema === false) return unionShape([]);
    if (!isSchemaObject(schema)) refuse(path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1), "it must be a schema.");
    const known = this.#shapes.get(schema);
    if (known) return known;
    const holder = unionShape([]);
    this.#shapes.set(schema, holder);
    const shape = this.#build(schema, path);
    holder.members = [shape];
    this.#shapes.set(schema, shape);
    return shape;
  }

  anyShape(depth = ANY_DEPTH): Shape {
    return (this.#anyShapes[depth] ??= this.#createAnyShape(depth));
  }

  #createAnyShape(depth: number): Shape {
    const scalars = [this.lexemes.string(0, Infinity), this.lexemes.number(false), wordsShape(["true", "false", "null"])];
    if (depth === 0) return unionShape(scalars);
    const value = this.anyShape(depth - 1);
    const array: Shape = {
      kind: "array", prefix: [], rest: { value, counted: undefined }, minItems: 0, maxItems: Infinity, contains: undefined, isUnique: false, minimumBytes: Infinity,
    };
    const free = [{ key: this.lexemes.key([], 0, Infinity), value }];
    return unionShape([...scalars, array, { kind: "object", properties: [], free, minProperties: 0, maxProperties: Infinity, minimumBytes: Infinity }]);
  }

  #build(schema: SchemaObject, path: string): Shape {
    const keywords = validityKeywords(schema, path);
    for (const keyword of ["$ref", "anyOf", "oneOf", "allOf", "not"]) {
      if (!keywords.includes(keyword)) continue;
      requireAlone(keywords, keyword, path);
      return this.#readCombinator(schema, keyword, path);
    }
    const types = typesOf(schema, path);
    if (keywords.includes("enum") || keywords.includes("const")) return wordsShape(readEnum(schema, keywords, path, this.style));
    if (!types) return this.anyShape();
    const shapes = types.map((type) => this.#readType(schema, type, path));
    return shapes.length === 1 ? shapes[0] : unionShape(shapes);
  }

  #readType(schema: SchemaObject, type: JsonType, path: string): Shape {
    switch (type) {
      case "null":
        return wordsShape(["null"]);
      case "boolean":
        return wordsShape(["true", "false"]);
      case "string":
        return this.lexemes.readString(schema, path);
      case "number":
      case "integer":
        return this.lexemes.readNumber(schema, type === "integer", path);
      case "array":
        return readArray(this, schema, path);
      case "object":
        return readObject(this, schema, path);
    }
  }

  #readCombinator(schema: SchemaObject, keyword: string, path: string): Shape {
    const value = schema[keyword];
    if (keyword === "$ref") {
      const target = resolvePointer(this.root, value, path);
      return unionShape([this.read(target.schema, target.path)]);
    }
    if (keyword === "not") {
      if (value === true || (isSchemaObject(value) && validityKeywords(value, `${path}/not`).length === 0)) return unionShape([]);
      if (value === false) return this.anyShape();
      return refuse(path, "not", "only the negation of everything is supported.");
    }
    if (!Array.isArray(value) || value.length === 0) refuse(path, keyword, "it must be a list of schemas.");
    if (keyword === "allOf" && value.length > 1) refuse(path, "allOf", "only a single member is supported.");
    const members = value.map((member, index) => this.read(member, `${path}/${keyword}/${index}`));
    if (keyword === "oneOf") this.#checks.push(() => requireDisjoint(members, path));
    return unionShape(members);
  }
}

function requireDisjoint(members: readonly Shape[], path: string): void {
  members.forEach((member, index) => {
    const other = members.slice(0, index).findIndex((earlier) => !areDisjoint(earlier, member));
    if (other >= 0) refuse(path, "oneOf", `members ${other} and ${index} may both fit one value; use anyOf or a distinguishing const.`);
  });
}
