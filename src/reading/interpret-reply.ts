// One reply of the model -> checked data with a field for every leaf.
import type { Document } from "../input/document.js";
import type { GenerationResult, JsonSchema } from "../model/language-model.js";
import { ground } from "../result/ground.js";
import { leafConfidence } from "../result/leaf-confidence.js";
import { nullifyPlaceholders } from "../result/normalize-placeholders.js";
import { parseOutput } from "../result/parse-output.js";
import type { Answer } from "./reading.js";

/** Parses, puts null for placeholders and finds each value in the document. Throws an OutputParseError. */
export function interpretReply(reply: GenerationResult, schema: JsonSchema, document: Document): Answer {
  const data = nullifyPlaceholders(parseOutput(reply.text), schema, document);
  const fields = ground(data, document, schema, leafConfidence(reply.text, reply.tokens));
  return { data, fields, warnings: [], rawText: reply.text };
}
