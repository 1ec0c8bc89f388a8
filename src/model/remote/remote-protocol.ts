// The part of the OpenAI chat protocol that the remote model speaks: what it sends and what it reads.
import { RemoteModelError } from "../../error/remote-model-error.js";
import type { GenerationRequest } from "../language-model.js";

/**
 * How the server is told what the reply must look like: `response_format` is OpenAI's way, which most
 * servers know; `structured_outputs` is vLLM's own (0.12 and later), which also knows closed choices.
 */
export type RemoteConstraint = "response_format" | "structured_outputs";

export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes?: number[] | null;
}

export interface ServerToken extends TokenLogprob {
  top_logprobs?: TokenLogprob[] | null;
}

export interface ServerMessage {
  content?: string | null;
  /** The name of vLLM 0.11.1 and later. */
  reasoning?: string | null;
  /** The name of DeepSeek's API, older vLLM, SGLang and llama.cpp. */
  reasoning_content?: string | null;
  refusal?: string | null;
}

/** A chunk of a stream, or a whole reply where the server does not stream. */
export interface ServerChunk {
  choices?: {
    delta?: ServerMessage | null;
    message?: ServerMessage | null;
    logprobs?: { content?: ServerToken[] | null } | null;
    finish_reason?: string | null;
  }[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
    completion_tokens_details?: { reasoning_tokens?: number } | null;
  } | null;
  error?: { message?: string } | string | null;
}

/** The name of the one member of the object that carries a choice under `response_format`. */
export const choiceKey = "choice";

/** The body of a chat completion request. */
export function buildRequestBody(model: string, constraint: RemoteConstraint, request: GenerationRequest): object {
  const { temperature, topP, topK, minP, seed } = request.sampling;
  return {
    model,
    messages: request.messages,
    stream: true,
    stream_options: { include_usage: true },
    logprobs: true,
    top_logprobs: 20,
    temperature,
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK ? { top_k: topK } : {}),
    ...(minP ? { min_p: minP } : {}),
    ...(seed === undefined ? {} : { seed }),
    max_tokens: replyTokens(request) + (request.thinkingBudgetTokens ?? 0),
    ...outputConstraint(constraint, request),
  };
}

function replyTokens({ format, maxTokens }: GenerationRequest): number {
  if (format.type !== "choice") return maxTokens;
  // The option is written out, inside an object under `response_format`; no token is shorter than a byte.
  const longest = Math.max(...format.options.map((option) => Buffer.byteLength(option)));
  return Math.max(maxTokens, longest + 16);
}

function outputConstraint(constraint: RemoteConstraint, { format, thinkingBudgetTokens }: GenerationRequest): object {
  const vllm = constraint === "structured_outputs";
  const templateArguments = vllm
    ? { chat_template_kwargs: { enable_thinking: thinkingBudgetTokens !== undefined } }
    : {};
  if (format.type === "text") return templateArguments;
  if (format.type !== "regex" && format.prefix) throw notExpressible("the beginning of a reply", "Use the bundled engine.");
  if (format.type === "choice") {
    return vllm
      ? { ...templateArguments, structured_outputs: { choice: format.options } }
      : responseFormat("choice", {
          type: "object",
          properties: { [choiceKey]: { type: "string", enum: format.options } },
          required: [choiceKey],
          additionalProperties: false,
        });
  }
  if (format.type === "regex") {
    if (!vllm) throw notExpressible("a regular expression", "Choose `constraint: \"structured_outputs\"` where the server is vLLM.");
    return { ...templateArguments, structured_outputs: { regex: format.pattern } };
  }
  const schema = format.schema === true ? {} : format.schema === false ? { not: {} } : format.schema;
  return vllm ? { ...templateArguments, structured_outputs: { json: schema } } : responseFormat("record", schema);
}

function notExpressible(what: string, hint: string): RemoteModelError {
  return new RemoteModelError(`The server cannot be told ${what}.`, { failure: "protocol", hint });
}

function responseFormat(name: string, schema: object): object {
  return { response_format: { type: "json_schema", json_schema: { name, schema, strict: true } } };
}
