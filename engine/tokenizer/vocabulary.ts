// Reads a byte-level vocabulary from a GGUF's metadata and decides which tokens are marks (control tokens).
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, section "Tokenizer".
import type { MetadataValue } from "../checkpoint/checkpoint.js";
import { TokenizerError } from "../error/tokenizer-error.js";
import { createByteAlphabet, type ByteAlphabet } from "./byte-alphabet.js";
import { endTokens } from "./end-tokens.js";

export interface Merge {
  /** Place in the order of training. */
  rank: number;
  /** The token that replaces the pair. */
  id: number;
}

export interface Vocabulary {
  readonly size: number;
  /** Name of the pre-tokenizer (`tokenizer.ggml.pre`). */
  readonly preTokenizer: string;
  /** The id of each byte's own token; -1 where the vocabulary has none. */
  readonly byteIds: Int32Array;
  /** By `left * size + right`, the ids of the pair. No merge makes a mark. */
  readonly merges: ReadonlyMap<number, Merge>;
  /** Written forms that only a template can turn into their one token: control and added tokens. */
  readonly marks: ReadonlyMap<string, number>;
  readonly tokenBytes: readonly (Uint8Array | undefined)[];
  readonly endTokens: readonly number[];
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  /** Whether a prompt starts with `bosToken` even where the template does not say so. */
  readonly addBos: boolean;
  readonly chatTemplate: string | undefined;
}

export type Metadata = ReadonlyMap<string, MetadataValue>;

/** Values of `tokenizer.ggml.token_type`. */
const NORMAL = 1;
const UNUSED = 5;

/** @throws TokenizerError where the metadata is no byte-level byte-pair vocabulary or contradicts itself. */
export function readVocabulary(metadata: Metadata): Vocabulary {
  const model = metadata.get("tokenizer.ggml.model");
  if (model !== "gpt2") {
    throw new TokenizerError(`The model's tokenizer (${String(model)}) is not supported.`, {
      hint: "Use a model with a byte-level byte-pair tokenizer (gpt2).",
    });
  }
  const forms = strings(metadata, "tokenizer.ggml.tokens");
  const idOf = new Map(forms.map((form, id) => [form, id]));
  const pairs = strings(metadata, "tokenizer.ggml.merges").map(splitMerge);
  const alphabet = createByteAlphabet();
  const types = tokenTypes(metadata, forms, pairs, alphabet);
  const id = (form: string): number => {
    const found = idOf.get(form);
    return found !== undefined && types[found] === NORMAL ? found : -1;
  };
  const marks = new Map(forms.flatMap((form, at) => (types[at] === NORMAL || types[at] === UNUSED ? [] : [[form, at]])));
  const tokenAt = (name: string): string | undefined => forms[Number(metadata.get(`tokenizer.ggml.${name}_token_id`) ?? -1)];
  return {
    size: forms.length,
    preTokenizer: String(metadata.get("tokenizer.ggml.pre")),
    byteIds: Int32Array.from(alphabet.characters, id),
    merges: mergeTable(pairs, forms.length, id),
    marks,
    tokenBytes: forms.map((form, at) => (types[at] === NORMAL ? tokenBytes(form, alphabet) : undefined)),
    endTokens: endTokens(metadata, marks),
    bosToken: tokenAt("bos"),
    eosToken: tokenAt("eos"),
    addBos: metadata.get("tokenizer.ggml.add_bos_token") === true,
    chatTemplate: optionalString(metadata, "tokenizer.chat_template"),
  };
}

/**
 * The types as the file states them, except that a normal token which neither is a byte nor comes from a merge
 * cannot be written by text: some converters state added tokens such as `<think>` as normal ones.
 */
function tokenTypes(metadata: Metadata, forms: string[], pairs: [string, string][], alphabet: ByteAlphabet): number[] {
  const stated = metadata.get("tokenizer.ggml.token_type") as ArrayLike<number> | undefined;
  if (stated !== undefined && stated.length !== forms.length) {
    throw new TokenizerError(`The model file states ${stated.length} token types for ${forms.length} tokens.`);
  }
  const reachable = new Set(alphabet.characters);
  for (const [left, right] of pairs) reachable.add(left + right);
  const added = 4;
  return forms.map((form, at) => {
    const type = Number(stated?.[at] ?? NORMAL);
    return type === NORMAL && !reachable.has(form) ? added : type;
  });
}

function mergeTable(pairs: [string, string][], size: number, idOf: (form: string) => number): Map<number, Merge> {
  const table = new Map<number, Merge>();
  for (const [rank, pair] of pairs.entries()) {
    const [left, right] = pair.map(idOf);
    const merged = idOf(pair[0] + pair[1]);
    if (left >= 0 && right >= 0 && merged >= 0) table.set(left * size + right, { rank, id: merged });
  }
  return table;
}

/** A merge is written as two forms around a space; a form cannot hold one, but may be any other character. */
function splitMerge(merge: string): [string, string] {
  const at = merge.indexOf(" ", 1);
  if (at < 0) throw new TokenizerError(`The model file holds a merge that is no pair: ${JSON.stringify(merge)}.`);
  return [merge.slice(0, at), merge.slice(at + 1)];
}

function tokenBytes(form: string, alphabet: ByteAlphabet): Uint8Array {
  const bytes = alphabet.toBytes(form);
  if (!bytes) throw new TokenizerError(`The token ${JSON.stringify(form)} is not written in the byte-level alphabet.`);
  return bytes;
}

function strings(metadata: Metadata, key: string): string[] {
  const value = metadata.get(key);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new TokenizerError(`The model file has no list of strings ${key}.`, { hint: "Fetch the file again." });
  }
  return value;
}

function optionalString(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === "string" ? value : undefined;
}
