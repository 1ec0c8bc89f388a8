// JSON Schema as a grammar: reader (schema/), shape, automaton.
import { UnsatisfiableSchemaError } from "../error/unsatisfiable-schema-error.js";
import type { JsonSchema } from "../request.js";
import { AutomatonGrammar } from "./automaton-grammar.js";
import { Automaton } from "./automaton.js";
import type { Grammar } from "./matcher.js";
import { SchemaReader } from "./schema/schema-reader.js";
import { COMPACT, settleMinimumBytes, SPACED } from "./shape.js";
import { requireBytes, type Vocabulary } from "./vocabulary.js";

export interface CompileJsonSchemaOptions {
  /** `spaced` puts one space after each colon and comma, as in `{"a": 1, "b": null}` (the default); `compact` none. */
  style?: "spaced" | "compact";
}

/**
 * A grammar of the JSON values that fit `schema` (draft 2020-12 or 7), on one line, properties in the schema's
 * order. Everything it lets through is valid; of equal values written differently (escapes in free keys,
 * `1.0` for an integer, numbers of more than 15 digits) it may know only one form. A schema without `type` but
 * with keywords of some types allows those types.
 *
 * Enforced: type, enum, const, anyOf, oneOf (of members that cannot overlap), allOf (of one), not (of everything),
 * $ref within the schema; properties, required, additionalProperties, propertyNames (list or length); items,
 * prefixItems, additionalItems, minItems, maxItems; minLength, maxLength (in code points), format "date";
 * minimum, maximum, exclusiveMinimum, exclusiveMaximum. Annotations and `x-` keywords are passed over.
 *
 * Memory: about 15 MB of automaton at most, besides the masks kept in the vocabulary.
 *
 * @throws UnsupportedSchemaError where a keyword cannot be enforced
 * @throws UnsatisfiableSchemaError where no value fits
 * @throws RangeError where the schema has characters that the vocabulary cannot write
 */
export function compileJsonSchema(schema: JsonSchema, vocabulary: Vocabulary, options: CompileJsonSchemaOptions = {}): Grammar {
  const style = options.style === "compact" ? COMPACT : SPACED;
  requireBytes(Buffer.from(JSON.stringify(schema)), vocabulary);
  const root = new SchemaReader(schema, vocabulary.longestCharacters, style).readRoot();
  settleMinimumBytes(root, style);
  if (root.minimumBytes === Infinity) throw new UnsatisfiableSchemaError();
  return new AutomatonGrammar(new Automaton(root, style), vocabulary);
}
