// Writes the reply token by token, under a grammar if there is one.
import type { CopiedString, EngineEvent, FinishReason, OutputToken } from "../request.js";
import { copiedStrings } from "./copied-strings.js";
import { mustEnd } from "./forced-text.js";
import type { Generation } from "./generation.js";
import { Lookahead } from "./lookahead.js";
import type { GrammarPlace, OpenedReply } from "./reply-prefix.js";
import { ReplyText } from "./reply-text.js";

export interface WrittenReply {
  text: string;
  tokens: OutputToken[];
  verbatim: CopiedString[];
  finishReason: FinishReason;
}

/** Tokens drafted at most: no more than a few go through unseen at a time. */
const MOST_DRAFTED = 16;
/** Time that a row adds to a pass, as a share of a pass of one row: measured (0.5B, 2 cores) 2 of 14.7 ms. */
const ROW_COST = 0.14;

/** @param opened Where there is a grammar; the model has read the tokens of the reply that are given. */
export async function* write(generation: Generation, opened: OpenedReply | undefined): AsyncGenerator<EngineEvent, WrittenReply> {
  const writer = new ReplyWriter(generation, opened);
  let delta = writer.begin();
  for (;;) {
    delta += writer.writeKnown();
    if (delta) yield { type: "text-delta", text: delta };
    if (writer.isDone) break;
    await writer.read();
    delta = "";
  }
  const rest = writer.end();
  if (rest) yield { type: "text-delta", text: rest };
  return writer.reply();
}

class ReplyWriter {
  isDone = false;
  readonly #generation: Generation;
  readonly #text: ReplyText;
  readonly #ahead: Lookahead;
  readonly #given: readonly number[];
  #place: GrammarPlace | undefined;
  #hasEnded = false;

  constructor(generation: Generation, opened: OpenedReply | undefined) {
    this.#generation = generation;
    this.#text = new ReplyText(generation.tokenizer);
    this.#ahead = new Lookahead(generation);
    this.#given = opened?.tokens ?? [];
    this.#place = opened?.place;
  }

  begin(): string {
    for (const id of this.#given) this.#generation.drafter?.push(id);
    return this.#text.begin(this.#given);
  }

  /** Writes what can be written before the model must read again; nothing waits in between, for logits last until the next pass. */
  writeKnown(): string {
    let delta = "";
    for (;;) {
      delta += this.#writeForced();
      this.isDone = this.#budget() <= 0 || this.#mustEnd();
      const logits = this.#ahead.logits;
      if (this.isDone || !logits) return delta;
      const { id, logprob } = this.#generation.sampler.sample(logits, this.#mask());
      if (this.#generation.isEnd(id)) {
        this.#hasEnded = true;
        this.isDone = true;
        return delta;
      }
      this.#place = this.#place?.accept(id);
      delta += this.#write({ id, logprob, isForced: false });
    }
  }

  /** Lets the model read what is written, and ahead of it what is likely to be written next. */
  read(): Promise<void> {
    const { drafter, companions } = this.#generation;
    // Who shares passes saves but a share of one.
    const rowCost = 1 / (1 + (1 / ROW_COST - 1) / companions);
    const room = Math.min(MOST_DRAFTED, this.#budget() - 1);
    return this.#ahead.read(room > 0 ? (drafter?.propose(room, rowCost) ?? []) : []);
  }

  /** What is left where the reply ends inside a character. */
  end(): string {
    this.#ahead.discard();
    return this.#text.end();
  }

  reply(): WrittenReply {
    const { text, tokens } = this.#text;
    const finishReason = this.#hasEnded || this.#place?.isComplete() ? "stop" : "length";
    return { text, tokens, verbatim: copiedStrings(text, this.#place?.verbatim() ?? []), finishReason };
  }

  #writeForced(): string {
    const place = this.#place;
    if (!place || !this.#generation.switches.forced) return "";
    let delta = "";
    for (const { id, matcher } of this.#generation.timeMask(() => this.#text.forced.next(place, this.#budget()))) {
      this.#generation.usage.forcedTokens++;
      this.#place = matcher;
      delta += this.#write({ id, logprob: 0, isForced: true });
    }
    return delta;
  }

  #write(token: Omit<OutputToken, "start" | "end">): string {
    this.#generation.usage.outputTokens++;
    this.#ahead.write(token.id);
    this.#generation.drafter?.push(token.id);
    return this.#text.push(token);
  }

  #budget(): number {
    return this.#generation.request.maxTokens - this.#generation.usage.outputTokens;
  }

  #mask(): Uint32Array | undefined {
    return this.#place && this.#generation.timeMask(() => this.#place?.mask(this.#budget()));
  }

  #mustEnd(): boolean {
    const place = this.#place;
    return place !== undefined && this.#generation.timeMask(() => mustEnd(place, this.#generation.tokenizer.endTokens));
  }
}
