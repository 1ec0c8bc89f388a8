// Reads the option out of a server's reply to a closed choice, with the probabilities of all options.
import { RemoteModelError } from "../../error/remote-model-error.js";
import type { GenerationResult } from "../language-model.js";
import { choiceProbabilities } from "./choice-probabilities.js";
import { choiceKey } from "./remote-protocol.js";
import type { PlacedToken } from "./token-placer.js";

/** Throws a RemoteModelError where the reply is none of the options. */
export function readChoice(
  raw: string,
  options: readonly string[],
  tokens: readonly PlacedToken[],
): Pick<GenerationResult, "text" | "tokens" | "probabilities"> {
  const written = unwrapChoice(raw);
  const option = options.find((candidate) => candidate.toLowerCase() === written.toLowerCase());
  if (option === undefined) {
    throw new RemoteModelError(`The server answered ${JSON.stringify(raw.slice(0, 80))}, which is none of the options.`, {
      failure: "protocol",
      rawText: raw,
      hint: "It seems to ignore the output format; try the other value of `constraint`.",
    });
  }
  const start = raw.lastIndexOf(written);
  const own = tokens.filter((token) => token.end > start && token.start < start + written.length);
  if (own.length === 0) return { text: option, tokens: [] };
  const logprob = own.reduce((sum, token) => sum + token.logprob, 0);
  const probabilities = choiceProbabilities(own.map((token) => token.server), options);
  return { text: option, tokens: [{ start: 0, end: option.length, logprob }], ...(probabilities && { probabilities }) };
}

function unwrapChoice(raw: string): string {
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value === "string") return value;
    if (typeof value === "object" && value !== null && choiceKey in value) return String(value[choiceKey]);
  } catch {
    // Not JSON: the option stands bare.
  }
  return raw.trim();
}
