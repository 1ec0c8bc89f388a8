// JSON Schema as a grammar: reader (schema/), shape, automaton.
import { UnsatisfiableSchemaError } from "../error/unsatisfiable-schema-error.js";
import type { JsonSchema } from "../request.js";
import { AutomatonGrammar } from "./automaton-grammar.js";
import { Automaton } from "./automaton/automaton.js";
import type { Lexeme } from "./lexeme/lexeme.js";
import type { Grammar } from "./matcher.js";
import { readShape } from "./schema/read-shape.js";
import type { VerbatimRequest } from "./schema/shape/shape-writer.js";
import { settleMinimumBytes } from "./automaton/structure/minimum-bytes.js";
import { COMPACT, SPACED } from "./shape.js";
import { requireBytes, type Vocabulary } from "./mask/vocabulary.js";
import { createVerbatimLexeme, type Sources } from "./verbatim/verbatim-keyword.js";

export interface CompileJsonSchemaOptions {
  /** `spaced` puts one space after each colon and comma, as in `{"a": 1, "b": null}` (the default); `compact` none. */
  style?: "spaced" | "compact";
  /** Order of properties: that of the schema (the default), or any. */
  order?: "schema" | "any";
  /** What becomes of keywords that cannot be enforced: an UnsupportedSchemaError (the default), or a warning. */
  onUnsupported?: "refuse" | "validate";
  /** What strings marked `x-verbatim` are copied from, by name. */
  sources?: Sources;
}

/**
 * A grammar of the JSON values that fit `schema` (draft 4 to 2020-12, told apart by `$schema`), on one line. Everything
 * it lets through is valid; of equal values written differently (escapes in free keys, `1.0` for an integer, numbers of
 * more digits than a double prints) it may know only one form.
 *
 * All keywords of these drafts are enforced, known formats among them, as far as their combination can be expressed:
 * not where references leave the document, `uniqueItems` compares arrays or objects, two kinds of items are counted,
 * a negation asks for some property that no schema names or negates `multipleOf`, or too many alternatives arise. Such keywords are refused, or
 * left out with a warning. Annotations and `x-` keywords are passed over; unknown keywords and formats with a warning.
 *
 * Memory: the automaton's tables start anew above 16,384 states (about 1 KB each); what a live matcher has passed stays
 * with it. Masks are kept in the vocabulary.
 *
 * @throws UnsupportedSchemaError where a keyword cannot be enforced, or is malformed
 * @throws UnsatisfiableSchemaError where no value fits
 * @throws RangeError where the schema or a source to copy from has characters that the vocabulary cannot write
 */
export function compileJsonSchema(schema: JsonSchema, vocabulary: Vocabulary, options: CompileJsonSchemaOptions = {}): Grammar {
  const { order = "schema", onUnsupported = "refuse", sources } = options;
  const style = options.style === "compact" ? COMPACT : SPACED;
  const { shape, warnings } = readShape(schema, {
    style,
    order,
    lexemes: vocabulary.lexemes,
    onUnsupported,
    ...(sources && { verbatim: (request: VerbatimRequest) => copied(request, sources, vocabulary) }),
  });
  const impossible = settleMinimumBytes(shape, style);
  if (impossible) throw new UnsatisfiableSchemaError(impossible);
  requireBytes(Buffer.from(JSON.stringify(schema)), vocabulary);
  return new AutomatonGrammar(new Automaton(shape, style, order), vocabulary, warnings);
}

function copied({ keyword, path, ...bounds }: VerbatimRequest, sources: Sources, vocabulary: Vocabulary): Lexeme {
  const lexeme = createVerbatimLexeme({ keyword, path, sources }, bounds);
  requireBytes(lexeme.neededBytes, vocabulary);
  return lexeme;
}
