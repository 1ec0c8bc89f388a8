// Chooses one of a closed set by the model's own probabilities, all options weighed in one pass.
import type { LogitsRow } from "../sampler/logits-row.js";
import { logSumExp } from "../sampler/log-probabilities.js";
import type { ChoiceFormat } from "../request.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { Generation } from "./generation.js";

export interface Choice {
  index: number;
  /** Each option's probability among the options. */
  probabilities: number[];
  /** Natural logarithm of the chosen option's first token under the model, all tokens considered. */
  logprob: number;
}

/** The options as token ids, where the reply begins. */
export interface OpenedChoice {
  /** Tokens that all options begin with: the model reads them with the prompt. */
  given: readonly number[];
  /** Ways to write each option after that. */
  paths: readonly (readonly (readonly number[])[])[];
}

/** Ways to write the options, by their next token. */
interface OptionNode {
  /** Options that are complete here. */
  ends: Set<number>;
  children: Map<number, OptionNode>;
  /** After this node's token. */
  logits?: LogitsRow;
}

/** What a value of JSON may be followed by. */
const JSON_ENDS = new Set([..." ,}]\n"].map((character) => character.charCodeAt(0)));

/**
 * By itself, each option may be written as given, capitalised or in capitals. After the beginning of a reply it is
 * written as given, and cut together with that beginning.
 */
export function openChoice({ options, prefix }: ChoiceFormat, tokenizer: Tokenizer): OpenedChoice {
  if (prefix === undefined) return { given: [], paths: options.map((option) => forms(option).map((form) => tokenizer.encode(form))) };
  const cuts = options.map((option) => tokenizer.encode(prefix + option));
  const shared = Math.min(...cuts.map((cut) => cut.length - 1));
  let given = 0;
  while (given < shared && cuts.every((cut) => cut[given] === cuts[0][given])) given++;
  return { given: cuts[0].slice(0, given), paths: cuts.map((cut) => [cut.slice(given)]) };
}

/** Tokens that the longest of the options takes in the cache. */
export function longestOptionTokens({ paths }: OpenedChoice): number {
  return Math.max(...paths.flat().map((path) => path.length));
}

/**
 * At each fork of the options' tokens the model's probabilities of the branches are renormalised, as constrained
 * decoding would; a branch that holds a single option is not computed further.
 */
export async function choose(generation: Generation, { paths }: OpenedChoice): Promise<Choice> {
  const root = optionTree(paths);
  root.logits = generation.logits.keep();
  await weigh(generation, root);
  const probabilities = paths.map(() => 0);
  descend(generation, root, 1, probabilities);
  const index = generation.sampler.pick(probabilities);
  const { logits } = root;
  const first = [...root.children].filter(([, child]) => optionsBelow(child).has(index)).map(([token]) => logits.values[token]);
  return { index, probabilities, logprob: logSumExp(Float32Array.from(first)) - logits.logSumExp };
}

/** Finds the logits of every node where options part. */
async function weigh(generation: Generation, root: OptionNode): Promise<void> {
  const paths = forkPaths(root, []);
  if (paths.length === 0) return;
  const rows = await generation.explore(paths);
  for (const [index, path] of paths.entries()) {
    let node = root;
    for (const [depth, token] of path.entries()) {
      node = node.children.get(token) as OptionNode;
      node.logits = rows[index][depth];
    }
  }
}

/** The paths to the last forks: every fork lies on one of them. */
function forkPaths(node: OptionNode, path: readonly number[]): number[][] {
  const below = [...node.children].filter(([, child]) => optionsBelow(child).size > 1);
  const paths = below.flatMap(([token, child]) => forkPaths(child, [...path, token]));
  return paths.length === 0 && path.length > 0 ? [[...path]] : paths;
}

function descend(generation: Generation, node: OptionNode, share: number, probabilities: number[]): void {
  const below = optionsBelow(node);
  if (below.size === 1) {
    for (const option of below) probabilities[option] += share;
    return;
  }
  const { values } = node.logits as LogitsRow;
  const logitOf = (tokens: readonly number[]): number => logSumExp(Float32Array.from(tokens, (id) => values[id]));
  const branches = [...node.children].map(([token, child]) => ({ child, logit: values[token] }));
  const ended = [...node.children].map(([token, { ends }]) => ({ ends, logit: ends.size > 0 ? logitOf(tokensBeyond(generation, token)) : -Infinity }));
  if (node.ends.size > 0) ended.push({ ends: node.ends, logit: logitOf(endTokens(generation)) });
  const total = logSumExp(Float32Array.from([...branches, ...ended], ({ logit }) => logit));
  for (const { ends, logit } of ended) for (const option of ends) probabilities[option] += (share * Math.exp(logit - total)) / ends.size;
  for (const { child, logit } of branches) descend(generation, child, share * Math.exp(logit - total), probabilities);
}

/** Tokens that end an option as `token` does and hold what follows it in the reply, too: a quote and a comma are one. */
function tokensBeyond({ tokenizer: { tokenBytes }, request: { format } }: Generation, token: number): readonly number[] {
  const start = Buffer.from(tokenBytes[token] ?? []);
  if (format.type !== "choice" || format.prefix === undefined || start.length === 0) return [];
  return tokenBytes.flatMap((bytes, id) => (bytes && JSON_ENDS.has(bytes[start.length]) && start.equals(bytes.subarray(0, start.length)) ? [id] : []));
}

/** What follows an option that another one begins with. */
function endTokens({ tokenizer, request }: Generation): readonly number[] {
  if (request.format.type !== "choice" || request.format.prefix === undefined) return tokenizer.endTokens;
  return tokenizer.tokenBytes.flatMap((bytes, id) => (bytes && JSON_ENDS.has(bytes[0]) ? [id] : []));
}

function forms(option: string): string[] {
  return [...new Set([option, option.slice(0, 1).toUpperCase() + option.slice(1), option.toUpperCase()])];
}

function optionTree(paths: OpenedChoice["paths"]): OptionNode {
  const root: OptionNode = { ends: new Set(), children: new Map() };
  for (const [index, ways] of paths.entries()) {
    for (const way of ways) {
      let node = root;
      for (const token of way) {
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
