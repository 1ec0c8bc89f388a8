// Writes the reply token by token, under a grammar if there is one.
import type { CopiedString, EngineEvent, FinishReason, OutputToken } from "../request.js";
import { createStreamDecoder, type StreamDecoder } from "../tokenizer/stream-decoder.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { copiedStrings } from "./copied-strings.js";
import { ForcedText, mustEnd, type ForcedToken } from "./forced-text.js";
import type { Generation } from "./generation.js";
import type { GrammarPlace, OpenedReply } from "./reply-prefix.js";

export interface WrittenReply {
  text: string;
  tokens: OutputToken[];
  verbatim: CopiedString[];
  finishReason: FinishReason;
}

/** @param opened Where there is a grammar; the model has read the tokens of the reply that are given. */
export async function* write(generation: Generation, opened: OpenedReply | undefined): AsyncGenerator<EngineEvent, WrittenReply> {
  const { request, sampler, usage } = generation;
  const reply = new ReplyText(generation);
  let place = opened?.place;
  let finishReason: FinishReason = "length";
  /** Written, and not yet read by the model. */
  let unread: number[] = [];
  let delta = reply.begin(opened?.tokens ?? []);
  for (;;) {
    for (const { id, matcher } of place ? forcedTokens(place, reply, generation) : []) {
      delta += reply.push({ id, logprob: 0, isForced: true });
      unread.push(id);
      place = matcher;
    }
    if (delta) yield { type: "text-delta", text: delta };
    if (usage.outputTokens >= request.maxTokens || (place && mustEndNow(place, generation))) break;
    if (unread.length > 0) await generation.append(unread);
    const mask = place && maskOf(place, generation);
    const { id, logprob } = sampler.sample(generation.logits, mask);
    if (generation.isEnd(id)) {
      finishReason = "stop";
      break;
    }
    usage.outputTokens++;
    delta = reply.push({ id, logprob, isForced: false });
    unread = [id];
    place = place?.accept(id);
  }
  const rest = reply.end();
  if (rest) yield { type: "text-delta", text: rest };
  if (place?.isComplete()) finishReason = "stop";
  const verbatim = copiedStrings(reply.text, place?.verbatim() ?? []);
  return { text: reply.text, tokens: reply.tokens, verbatim, finishReason };
}

function forcedTokens(place: GrammarPlace, { forced }: ReplyText, generation: Generation): readonly ForcedToken[] {
  const { request, usage } = generation;
  const run = generation.timeMask(() => forced.next(place, request.maxTokens - usage.outputTokens));
  usage.outputTokens += run.length;
  usage.forcedTokens += run.length;
  return run;
}

function maskOf(place: GrammarPlace, generation: Generation): Uint32Array {
  const { request, usage } = generation;
  return generation.timeMask(() => place.mask(request.maxTokens - usage.outputTokens));
}

function mustEndNow(place: GrammarPlace, generation: Generation): boolean {
  return generation.timeMask(() => mustEnd(place, generation.tokenizer.endTokens));
}

/** The reply's text with the place of each token in it. */
class ReplyText {
  readonly #tokenizer: Tokenizer;
  readonly #decoder: StreamDecoder;
  readonly tokens: OutputToken[] = [];
  readonly forced: ForcedText;
  text = "";
  /** Tokens from this index on end inside a character that is not complete yet. */
  #open = 0;

  constructor({ tokenizer }: Generation) {
    this.#tokenizer = tokenizer;
    this.#decoder = createStreamDecoder(tokenizer);
    this.forced = new ForcedText(tokenizer);
  }

  /** Takes over what is given of the reply; its tokens are not the model's. */
  begin(tokens: readonly number[]): string {
    for (const id of tokens) {
      this.#extend(this.#decoder.push(id));
      this.forced.push(id);
    }
    return this.text;
  }

  push({ id, logprob, isForced }: Omit<OutputToken, "start" | "end">): string {
    const start = this.text.length;
    const delta = this.#decoder.push(id);
    this.tokens.push({ id, start, end: start, logprob, isForced });
    this.forced.push(id);
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
