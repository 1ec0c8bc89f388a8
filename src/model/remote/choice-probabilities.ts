// Turns the likeliest tokens at each step of a server's reply into the probability of each option of a closed choice.
import type { ServerToken, TokenLogprob } from "./remote-protocol.js";

/**
 * Walks along the written option; the mass that leaves it at a step goes to the options that the other
 * token begins (evenly, where it begins several). Letter case is ignored.
 *
 * @param tokens the tokens of the reply, from the one that writes the option's first letter
 * @returns each option's probability among the options; undefined where the server gave none
 */
export function choiceProbabilities(tokens: readonly ServerToken[], options: readonly string[]): number[] | undefined {
  const wanted = options.map((option) => option.toLowerCase());
  const mass = wanted.map(() => 0);
  let written = "";
  let pathMass = 1;
  for (const token of tokens) {
    const alternatives = token.top_logprobs?.length ? token.top_logprobs : [token];
    for (const alternative of alternatives) {
      if (alternative.token === token.token) continue;
      share(mass, wanted, written + wording(alternative, written), pathMass * Math.exp(alternative.logprob));
    }
    pathMass *= Math.exp(token.logprob);
    written += wording(token, written);
    if (optionsBegunBy(wanted, written).length <= 1) break;
  }
  share(mass, wanted, written, pathMass);
  const total = mass.reduce((sum, value) => sum + value, 0);
  return total > 0 ? mass.map((value) => value / total) : undefined;
}

/** What a token adds to the option: the JSON before it does not count. */
function wording(token: TokenLogprob, written: string): string {
  const text = token.token.toLowerCase();
  return written === "" ? text.replace(/^[\s":{]+/, "") : text;
}

function share(mass: number[], wanted: readonly string[], written: string, amount: number): void {
  const begun = optionsBegunBy(wanted, written);
  for (const index of begun) mass[index] += amount / begun.length;
}

function optionsBegunBy(wanted: readonly string[], written: string): number[] {
  const text = written.replace(/["}\s]+$/, "");
  if (text === "") return [];
  return wanted.flatMap((option, index) => (option.startsWith(text) ? [index] : []));
}
