// Puts a server's chunks together: events while they arrive, then the result with a place for each token.
import { RemoteModelError } from "../../error/remote-model-error.js";
import type { FinishReason, GenerationEvent, GenerationRequest, GenerationResult, Usage } from "../language-model.js";
import { readChoice } from "./read-choice.js";
import type { ServerChunk, ServerMessage } from "./remote-protocol.js";
import { createTokenPlacer } from "./token-placer.js";

export interface RemoteReply {
  push(chunk: ServerChunk): GenerationEvent[];
  /** The closing events. Throws a RemoteModelError where the reply is unfinished or outside its format. */
  finish(modelMs: number): GenerationEvent[];
}

export function messageOf(chunk: ServerChunk): ServerMessage | undefined {
  const choice = chunk.choices?.[0];
  return choice?.delta ?? choice?.message ?? undefined;
}

export function thinkingOf(message: ServerMessage | undefined): string {
  return message?.reasoning_content || message?.reasoning || "";
}

export function createRemoteReply(format: GenerationRequest["format"]): RemoteReply {
  let text = "";
  let thinking = "";
  let thinkingTokens = 0;
  let finishReason: FinishReason | undefined;
  let serverUsage: ServerChunk["usage"];
  const tokens = createTokenPlacer();

  function push(chunk: ServerChunk): GenerationEvent[] {
    failOnError(chunk, text);
    serverUsage = chunk.usage ?? serverUsage;
    const choice = chunk.choices?.[0];
    if (!choice) return [];
    const events: GenerationEvent[] = [];
    const message = messageOf(chunk);
    const thought = thinkingOf(message);
    const content = message?.content ?? "";
    const serverTokens = choice.logprobs?.content ?? [];
    if (thought !== "") {
      thinking += thought;
      if (content === "") thinkingTokens += serverTokens.length;
      events.push({ type: "thinking-delta", text: thought });
    }
    if (thought === "" || content !== "") tokens.push(content, serverTokens);
    if (content !== "") {
      text += content;
      if (format.type !== "choice") events.push({ type: "text-delta", text: content });
    }
    if (choice.finish_reason) finishReason = readFinishReason(choice.finish_reason, message, text);
    return events;
  }

  function finish(modelMs: number): GenerationEvent[] {
    if (finishReason === undefined) throw droppedStream(text);
    if (text === "" && thinking !== "" && finishReason === "stop") throw onlyThinking(thinking);
    const places = tokens.placed.map(({ start, end, logprob }) => ({ start, end, logprob }));
    const usage = readUsage(serverUsage, { outputTokens: tokens.placed.length, thinkingTokens }, modelMs);
    const result: GenerationResult = { text, thinking, tokens: places, finishReason, usage };
    if (format.type !== "choice") return [{ type: "finish", result }];
    const choice = readChoice(text, format.options, tokens.placed);
    return [{ type: "text-delta", text: choice.text }, { type: "finish", result: { ...result, ...choice } }];
  }

  return { push, finish };
}

/** The server's own counts; where it gives none, the tokens that were seen. */
function readUsage(
  usage: ServerChunk["usage"],
  seen: { outputTokens: number; thinkingTokens: number },
  modelMs: number,
): Usage {
  const thinkingTokens = usage?.completion_tokens_details?.reasoning_tokens ?? seen.thinkingTokens;
  const outputTokens = usage?.completion_tokens === undefined ? seen.outputTokens : usage.completion_tokens - thinkingTokens;
  return {
    promptTokens: usage?.prompt_tokens ?? 0,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
    thinkingTokens,
    outputTokens: Math.max(0, outputTokens),
    forcedTokens: 0,
    requests: 1,
    modelMs,
  };
}

function failOnError(chunk: ServerChunk, rawText: string): void {
  if (!chunk.error) return;
  const message = typeof chunk.error === "string" ? chunk.error : (chunk.error.message ?? "no message");
  throw new RemoteModelError(`The server reported an error in its reply: ${message}.`, { failure: "protocol", rawText });
}

function readFinishReason(reason: string, message: ServerMessage | undefined, rawText: string): FinishReason {
  if (reason === "content_filter" || message?.refusal) {
    const said = message?.refusal ? `: ${message.refusal}` : "";
    throw new RemoteModelError(`The server withheld the reply${said}.`, { failure: "protocol", rawText });
  }
  return reason === "length" ? "length" : "stop";
}

/** For a stream that ended without a finish reason. */
export function droppedStream(rawText: string): RemoteModelError {
  return new RemoteModelError("The server's stream ended before the reply did.", {
    failure: "dropped",
    rawText,
    hint: "Look into the server's log; a proxy between may also cut long streams.",
  });
}

function onlyThinking(thinking: string): RemoteModelError {
  return new RemoteModelError("The server counted its whole reply as thinking.", {
    failure: "protocol",
    rawText: thinking,
    hint: "Start it without a reasoning parser, or ask the task to think.",
  });
}
