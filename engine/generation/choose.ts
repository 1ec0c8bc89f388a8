// Chooses one of a closed set by the model's own probabilities, without writing the losers.
import { logSumExp } from "../sampler/log-probabilities.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { Generation } from "./generation.js";

export interface Choice {
  index: number;
  /** Each option's probability among the options. */
  probabilities: number[];
  /** Natural logarithm of the chosen option's first token under the model, all tokens considered. */
  logprob: number;
}

/** Ways to write the options, by their next token. */
interface OptionNode {
  /** Options that are complete here. */
  ends: Set<number>;
  children: Map<number, OptionNode>;
}

/**
 * Walks the tree of the options' tokens. At each fork the model's probabilities of the branches are
 * renormalised, as constrained decoding would; a branch that holds a single option is not computed further.
 * Each option may be written as given, capitalised or in capitals.
 */
export async function choose(generation: Generation): Promise<Choice> {
  const { request, sampler } = generation;
  if (request.format.type !== "choice") throw new TypeError("the request is not a choice");
  const { options } = request.format;
  const root = optionTree(options, generation);
  const total = logSumExp(generation.logits);
  const firstLogits = generation.logits.slice();
  const probabilities = options.map(() => 0);
  await descend(generation, root, 1, probabilities);
  const index = sampler.pick(probabilities);
  const first = [...root.children].filter(([, child]) => optionsBelow(child).has(index)).map(([token]) => firstLogits[token]);
  return { index, probabilities, logprob: logSumExp(Float32Array.from(first)) - total };
}

async function descend(generation: Generation, node: OptionNode, share: number, probabilities: number[]): Promise<void> {
  const below = optionsBelow(node);
  if (below.size === 1) {
    for (const option of below) probabilities[option] += share;
    return;
  }
  const branches = [...node.children].map(([token, child]) => ({ token, child, logit: generation.logits[token] }));
  const endLogit = node.ends.size > 0 ? logSumExp(Float32Array.from(generation.tokenizer.endTokens, (id) => generation.logits[id])) : -Infinity;
  const total = logSumExp(Float32Array.from([endLogit, ...branches.map(({ logit }) => logit)]));
  for (const option of node.ends) probabilities[option] += (share * Math.exp(endLogit - total)) / node.ends.size;
  const position = generation.position;
  for (const { token, child, logit } of branches) {
    if (optionsBelow(child).size > 1) {
      generation.rewind(position);
      await generation.append([token]);
    }
    await descend(generation, child, share * Math.exp(logit - total), probabilities);
  }
  generation.rewind(position);
}

/** Tokens that the longest of the options takes in the cache. */
export function longestOptionTokens(options: readonly string[], tokenizer: Tokenizer): number {
  return Math.max(...options.flatMap(forms).map((form) => tokenizer.encode(form).length));
}

function forms(option: string): string[] {
  return [...new Set([option, option.slice(0, 1).toUpperCase() + option.slice(1), option.toUpperCase()])];
}

function optionTree(options: readonly string[], { tokenizer }: Generation): OptionNode {
  const root: OptionNode = { ends: new Set(), children: new Map() };
  for (const [index, option] of options.entries()) {
    for (const form of forms(option)) {
      let node = root;
      for (const token of tokenizer.encode(form)) {
        const child = node.children.get(token) ?? { ends: new Set(), children: new Map() };
        node.children.set(token, child);
        node = child;
      }
      node.ends.add(index);
    }
  }
  return root;
}

function optionsBelow(node: OptionNode): Set<number> {
  const all = new Set(node.ends);
  for (const child of node.children.values()) for (const option of optionsBelow(child)) all.add(option);
  return all;
}
