// A model behind an OpenAI-compatible server (vLLM, SGLang, llama.cpp, ...), so that a task runs on a GPU server unchanged.
import { requestReply, type RemoteEndpoint } from "./remote/remote-connection.js";
import { RequestSlots } from "./remote/request-slots.js";
import { createRemoteReply } from "./remote/remote-reply.js";
import { buildRequestBody, type RemoteConstraint } from "./remote/remote-protocol.js";
import type { GenerationEvent, GenerationRequest, LanguageModel, PromptAdvice } from "./language-model.js";

export interface RemoteModelOptions {
  /** The API's root, such as `http://localhost:8000/v1`. */
  baseUrl: string;
  /** The name under which the server serves the model. */
  model: string;
  /** Sent as a bearer token. */
  apiKey?: string;
  headers?: Readonly<Record<string, string>>;
  /** Tokens of prompt and reply together, where you know them. */
  contextLength?: number;
  /** How the model wants to be asked; what is left out is that of an instruct model. */
  advice?: Partial<PromptAdvice>;
  /** How the server is told the output format. Default `response_format`; choose `structured_outputs` for vLLM. */
  constraint?: RemoteConstraint;
  /** The longest silence of the server, in milliseconds. Default 120,000. */
  timeoutMs?: number;
  /** Requests that the server gets at once; further ones wait here. Default 8. */
  concurrency?: number;
  /** Further tries where a request fails before the reply begins. Default 3. */
  retries?: number;
}

const instructAdvice: PromptAdvice = {
  fewShot: true,
  thinking: { open: "<think>", close: "</think>", skip: "" },
  boxedArithmetic: false,
  temperature: 0.6,
  topP: 0.95,
};

/**
 * A `LanguageModel` that asks a server over HTTP. Thinking is what the server reports as reasoning (vLLM:
 * `--reasoning-parser`). Probabilities need a server that returns `logprobs`; without them `tokens` is
 * empty and `probabilities` undefined. `generate` throws a RemoteModelError.
 */
export function createRemoteModel(options: RemoteModelOptions): LanguageModel {
  const { model, constraint = "response_format", contextLength, concurrency = 8 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError("createRemoteModel: concurrency is a whole number from 1.");
  const endpoint = endpointOf(options);
  const closing = new AbortController();
  const slots = new RequestSlots(concurrency);

  async function* generate(request: GenerationRequest): AsyncGenerator<GenerationEvent> {
    const signal = AbortSignal.any([closing.signal, ...(request.signal ? [request.signal] : [])]);
    const leave = await slots.enter(signal);
    try {
      const startMs = performance.now();
      const reply = createRemoteReply(request.format);
      for await (const chunk of requestReply(endpoint, buildRequestBody(model, constraint, request), signal)) {
        for (const event of reply.push(chunk)) {
          signal.throwIfAborted();
          yield event;
        }
      }
      signal.throwIfAborted();
      yield* reply.finish(performance.now() - startMs);
    } finally {
      leave();
    }
  }

  return {
    id: model,
    advice: { ...instructAdvice, ...options.advice },
    contextLength,
    concurrency,
    // The server's chat template is not known here: messages are shown as they are sent.
    render: ({ messages }) => ({
      text: messages.map(({ role, content }) => `[${role}]\n${content}`).join("\n\n"),
      tokenCount: undefined,
    }),
    generate,
    close: async () => closing.abort(new DOMException("The model was closed.", "AbortError")),
  };
}

function endpointOf({ baseUrl, apiKey, headers, timeoutMs = 120_000, retries = 3 }: RemoteModelOptions): RemoteEndpoint {
  if (!URL.canParse(baseUrl)) throw new TypeError(`createRemoteModel: ${JSON.stringify(baseUrl)} is no URL.`);
  return {
    url: `${baseUrl.replace(/\/+$/, "")}/chat/completions`,
    headers: {
      "content-type": "application/json",
      ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      ...headers,
    },
    timeoutMs,
    retries,
  };
}
