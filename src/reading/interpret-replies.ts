// What the model replied about a record -> checked data with a field for every leaf.
import type { Document } from "../input/document.js";
import type { GenerationResult, JsonSchema } from "../model/language-model.js";
import { copiedLeaves } from "../result/copied-leaves.js";
import type { Warning } from "../result/extraction.js";
import { isPlainObject } from "../result/field-tree.js";
import { ground } from "../result/ground.js";
import { leafConfidence } from "../result/leaf-confidence.js";
import { nullifyPlaceholders } from "../result/normalize-placeholders.js";
import { parseOutput } from "../result/parse-output.js";
import type { Answer, Reply } from "./reading.js";

/**
 * Parses, puts null for placeholders, lays the parts of the record together, finds each value in the document and gives
 * copies in its form. Throws an OutputParseError.
 *
 * @param schema of all that was asked for.
 */
export function interpretReplies(replies: readonly Reply[], schema: JsonSchema, document: Document): Answer {
  const parts = replies.map(({ question, result }) => ({ names: question.names, data: nullifyPlaceholders(parseOutput(result.text), question.schema, document) }));
  const results = replies.map(({ result }) => result);
  const evidence = {
    confidences: new Map(results.flatMap(({ text, tokens }) => [...leafConfidence(text, tokens)])),
    copies: new Map(results.flatMap((result) => [...copiedLeaves(result)])),
  };
  const { data, fields, missing } = ground(join(parts), document, schema, evidence);
  return { data, fields, warnings: [...results.flatMap(unchecked), ...missing.map(notFound)], replies };
}

/** Of each part what it was asked for; a server that does not enforce the schema may write more. */
function join(parts: readonly { names?: readonly string[]; data: unknown }[]): unknown {
  if (parts.length === 1) return parts[0].data;
  return Object.fromEntries(
    parts.flatMap(({ names, data }) => (isPlainObject(data) ? Object.entries(data).filter(([name]) => names?.includes(name) ?? true) : [])),
  );
}

function unchecked({ warnings = [] }: GenerationResult): Warning[] {
  return warnings.map(({ path, keyword, reason }) => ({
    code: "SCHEMA_KEYWORD_UNCHECKED",
    message: `The model was not held to the schema's "${keyword}" at ${path}: ${reason}`,
    path,
  }));
}

function notFound(path: string): Warning {
  return { code: "VERBATIM_NOT_FOUND", message: "A value that should be copied from the document does not stand there.", path };
}
