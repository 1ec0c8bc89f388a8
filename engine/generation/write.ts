// Writes the reply token by token, under a grammar if there is one.
import type { Grammar, Matcher } from "../grammar/matcher.js";
import type { EngineEvent, FinishReason, OutputToken } from "../request.js";
import { createStreamDecoder, type StreamDecoder } from "../tokenizer/stream-decoder.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { Generation } from "./generation.js";

export interface WrittenReply {
  text: string;
  tokens: OutputToken[];
  finishReason: FinishReason;
}

export async function* write(generation: Generation, grammar: Grammar | undefined): AsyncGenerator<EngineEvent, WrittenReply> {
  const { request, sampler, usage } = generation;
  const reply = new ReplyText(generation);
  let matcher = grammar?.start();
  let finishReason: FinishReason = "length";
  while (usage.outputTokens < request.maxTokens) {
    const mask = matcher && maskOf(matcher, generation);
    const { id, logprob } = sampler.sample(generation.logits, mask);
    if (generation.isEnd(id)) {
      finishReason = "stop";
      break;
    }
    usage.outputTokens++;
    const delta = reply.push(id, logprob);
    if (delta) yield { type: "text-delta", text: delta };
    matcher = matcher?.accept(id);
    if (matcher && mustEnd(matcher, generation)) break;
    if (usage.outputTokens < request.maxTokens) await generation.append([id]);
  }
  const rest = reply.end();
  if (rest) yield { type: "text-delta", text: rest };
  if (matcher?.isComplete()) finishReason = "stop";
  return { text: reply.text, tokens: reply.tokens, finishReason };
}

function maskOf(matcher: Matcher, { request, usage }: Generation): Uint32Array {
  const started = performance.now();
  const mask = matcher.mask(request.maxTokens - usage.outputTokens);
  usage.maskMs += performance.now() - started;
  return mask;
}

/** Whether nothing but an end token may follow: the pass that would only choose it is saved. */
function mustEnd(matcher: Matcher, generation: Generation): boolean {
  if (!matcher.isComplete()) return false;
  const mask = matcher.mask();
  let allowed = 0;
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) allowed++;
  }
  const ends = generation.tokenizer.endTokens.filter((id) => (mask[id >>> 5] >>> (id & 31)) & 1);
  return allowed === ends.length;
}

/** The reply's text with the place of each token in it. */
class ReplyText {
  readonly #tokenizer: Tokenizer;
  readonly #decoder: StreamDecoder;
  readonly tokens: OutputToken[] = [];
  text = "";
  /** Tokens from this index on end inside a character that is not complete yet. */
  #open = 0;

  constructor({ tokenizer }: Generation) {
    this.#tokenizer = tokenizer;
    this.#decoder = createStreamDecoder(tokenizer);
  }

  push(id: number, logprob: number): string {
    const start = this.text.length;
    const delta = this.#decoder.push(id);
    this.tokens.push({ id, start, end: start, logprob });
    if (delta) this.#extend(delta);
    if (delta && endsInsideCharacter(this.#tokenizer.tokenBytes[id])) this.#open--;
    return delta;
  }

  /** What is left where the reply ends inside a character. */
  end(): string {
    const rest = this.#decoder.end();
    this.#extend(rest);
    return rest;
  }

  #extend(delta: string): void {
    this.text += delta;
    for (; this.#open < this.tokens.length; this.#open++) this.tokens[this.#open].end = this.text.length;
  }
}

/** Whether a token that begins a character (of UTF-8) leaves it incomplete. */
function endsInsideCharacter(bytes: Uint8Array = new Uint8Array()): boolean {
  const lead = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  if (lead < 0 || bytes[lead] < 0xc0) return false;
  const length = bytes[lead] < 0xe0 ? 2 : bytes[lead] < 0xf0 ? 3 : 4;
  return bytes.length - lead < length;
}
