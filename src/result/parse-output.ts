// The first step from a reply to a result: JSON, strictly.
import { OutputParseError } from "../error/output/output-parse-error.js";

/** @throws {OutputParseError} with the reply, where it is not exactly one JSON value. */
export function parseOutput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const what = text.trim() === "" ? "The model wrote nothing." : `The reply is no JSON: ${(cause as SyntaxError).message}.`;
    throw new OutputParseError(what, {
      cause,
      rawText: text,
      hint: "A reply cut short needs a larger maxTokens; other malformed replies mean that the model did not decode under the schema.",
    });
  }
}
