// One reply of the model -> checked data with a field for every leaf.
import type { Document } from "../input/document.js";
import type { GenerationResult, JsonSchema } from "../model/language-model.js";
import { copiedLeaves } from "../result/copied-leaves.js";
import type { Warning } from "../result/extraction.js";
import { ground } from "../result/ground.js";
import { leafConfidence } from "../result/leaf-confidence.js";
import { nullifyPlaceholders } from "../result/normalize-placeholders.js";
import { parseOutput } from "../result/parse-output.js";
import type { Answer } from "./reading.js";

/** Parses, puts null for placeholders, finds each value in the document and gives copies in its form. Throws an OutputParseError. */
export function interpretReply(reply: GenerationResult, schema: JsonSchema, document: Document): Answer {
  const written = nullifyPlaceholders(parseOutput(reply.text), schema, document);
  const evidence = { confidences: leafConfidence(reply.text, reply.tokens), copies: copiedLeaves(reply) };
  const { data, fields, missing } = ground(written, document, schema, evidence);
  return { data, fields, warnings: [...unchecked(reply), ...missing.map(notFound)], rawText: reply.text };
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
