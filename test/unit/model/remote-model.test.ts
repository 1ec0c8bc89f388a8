// The remote model against a local server: protocol, places of tokens, probabilities, and everything that can go wrong.
import { afterEach, expect, it } from "vitest";
import { RemoteModelError } from "../../../src/error/remote-model-error.js";
import type { GenerationEvent, GenerationRequest, GenerationResult, LanguageModel } from "../../../src/model/language-model.js";
import { createRemoteModel, type RemoteModelOptions } from "../../../src/model/remote-model.js";
import {
  answerFromSchema,
  contentChunk,
  eventBytes,
  finishChunks,
  startOpenAiServer,
  wireToken,
  type Handler,
  type OpenAiServer,
  type WireToken,
} from "../../fixtures/openai-server.js";

const servers: OpenAiServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function connect(
  handler: Handler,
  options: Partial<RemoteModelOptions> = {},
): Promise<{ model: LanguageModel; server: OpenAiServer }> {
  const server = await startOpenAiServer(handler);
  servers.push(server);
  return { server, model: createRemoteModel({ baseUrl: server.baseUrl, model: "test", ...options }) };
}

const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: false };
const question: GenerationRequest = {
  messages: [{ role: "user", content: "Who?" }],
  format: { type: "json", schema },
  sampling: { temperature: 0 },
  maxTokens: 50,
};
const yesOrNo: GenerationRequest = { ...question, format: { type: "choice", options: ["yes", "no"] }, maxTokens: 4 };

async function collect(model: LanguageModel, request: GenerationRequest): Promise<{ events: GenerationEvent[]; result: GenerationResult }> {
  const events: GenerationEvent[] = [];
  for await (const event of model.generate(request)) events.push(event);
  const last = events.at(-1);
  if (last?.type !== "finish") throw new Error("no finish event");
  return { events, result: last.result };
}

async function failureOf(model: LanguageModel, request: GenerationRequest = question): Promise<RemoteModelError> {
  const error = await collect(model, request).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(RemoteModelError);
  return error as RemoteModelError;
}

const stream = (...chunks: object[]): Handler => (_, response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(eventBytes(chunks));
};

const thought = (delta: object): object => ({
  choices: [{ delta, logprobs: { content: [wireToken("hm")] }, finish_reason: null }],
});
const chunk = (token: WireToken): object => contentChunk(token.token, [token]);

/** A server that begins a reply and leaves it open; `closed` resolves when the client hangs up. */
async function connectToEndless(): Promise<{ model: LanguageModel; server: OpenAiServer; closed: Promise<void> }> {
  let hangUp: (value: void) => void;
  const closed = new Promise<void>((resolve) => (hangUp = resolve));
  const connection = await connect((_, response) => {
    response.on("close", () => hangUp());
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(eventBytes([contentChunk("{")], false));
  });
  return { ...connection, closed };
}

// What is sent.
it("states format, sampling and budgets", async () => {
  const { model, server } = await connect(answerFromSchema, { apiKey: "key" });
  await collect(model, { ...question, sampling: { temperature: 0.6, topP: 0.95, topK: 20, seed: 7 }, thinkingBudgetTokens: 30 });
  expect(server.requests[0]).toMatchObject({
    model: "test",
    stream: true,
    logprobs: true,
    top_logprobs: 20,
    temperature: 0.6,
    top_p: 0.95,
    top_k: 20,
    seed: 7,
    max_tokens: 80,
    response_format: { type: "json_schema", json_schema: { schema, strict: true } },
  });
  expect(server.requests[0]).not.toHaveProperty("min_p");
  expect(server.requests[0]).not.toHaveProperty("structured_outputs");
});

it("speaks vLLM's own dialect where asked to", async () => {
  const { model, server } = await connect(answerFromSchema, { constraint: "structured_outputs" });
  await collect(model, question);
  await collect(model, yesOrNo);
  expect(server.requests[0]).toMatchObject({ structured_outputs: { json: schema }, chat_template_kwargs: { enable_thinking: false } });
  expect(server.requests[1]).toMatchObject({ structured_outputs: { choice: ["yes", "no"] } });
  expect(server.requests[1]).not.toHaveProperty("response_format");
});

it("sends a regular expression to vLLM, and refuses where the protocol has none", async () => {
  const pattern = "[a-z]+";
  const request: GenerationRequest = { ...question, format: { type: "regex", pattern } };
  const handler = stream(contentChunk("abc"), ...finishChunks("stop", 1, 1));
  const { model, server } = await connect(handler, { constraint: "structured_outputs" });
  expect((await collect(model, request)).result.text).toBe("abc");
  expect(server.requests[0]).toMatchObject({ structured_outputs: { regex: pattern } });
  const other = await connect(handler);
  expect(await failureOf(other.model, request)).toMatchObject({ failure: "protocol", hint: expect.stringContaining("structured_outputs") });
  expect(other.server.requests).toEqual([]);
});

it("refuses to give a reply its beginning", async () => {
  const { model, server } = await connect(answerFromSchema);
  const prefix = { text: '{"name": ', banned: ["a"] };
  expect(await failureOf(model, { ...question, format: { type: "json", schema, prefix } })).toMatchObject({ failure: "protocol" });
  expect(server.requests).toEqual([]);
});

it("sends the key as a bearer token and the caller's headers", async () => {
  let seen: Record<string, unknown> = {};
  const { model } = await connect((body, response, attempt, request) => {
    seen = request.headers;
    return answerFromSchema(body, response, attempt, request);
  }, { apiKey: "key", headers: { "x-team": "a" } });
  await collect(model, question);
  expect(seen).toMatchObject({ authorization: "Bearer key", "x-team": "a" });
});

// What is read.
const text = '{"name":"李🐕é"}';
const tokens = ['{"', "name", '":"', "李", "🐕", "é", '"}'].map((piece, index) => wireToken(piece, -1 - index));
const reply = eventBytes([...tokens.map((token) => contentChunk(token.token, [token])), ...finishChunks("stop", 12, 7)]);

it.each([1, 2, 3, 7, 64])("does not depend on where the network cuts the bytes (%i at once)", async (size) => {
  const { model } = await connect(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let start = 0; start < reply.length; start += size) {
      response.write(reply.subarray(start, start + size));
      if (start % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const { events, result } = await collect(model, question);
  expect(result.text).toBe(text);
  expect(events.flatMap((event) => (event.type === "text-delta" ? [event.text] : [])).join("")).toBe(text);
  expect(result.tokens.map(({ start, end }) => text.slice(start, end))).toEqual(tokens.map(({ token }) => token));
  expect(result.tokens.map(({ logprob }) => logprob)).toEqual(tokens.map(({ logprob }) => logprob));
  expect(result.usage).toMatchObject({ promptTokens: 12, outputTokens: 7, requests: 1 });
  expect(result.finishReason).toBe("stop");
});

it("places tokens that end inside a character, and chunks whose tokens do not spell them", async () => {
  const [first, second] = [[0xf0, 0x9f], [0x90, 0x95]].map((bytes) => ({ ...wireToken("\ufffd", -1), bytes }));
  const unspelled = wireToken("\ufffd", -2);
  const { model } = await connect(stream(
    contentChunk("🐕", [first, second]),
    contentChunk("", [{ ...unspelled, bytes: [] }]),
    contentChunk("中b", [wireToken("\ufffd", -3), wireToken("b", -4)]),
    ...finishChunks("stop", 1, 5),
  ));
  const { result } = await collect(model, { ...question, format: { type: "text" } });
  expect(result.tokens).toEqual([
    { start: 0, end: 2, logprob: -1 },
    { start: 2, end: 2, logprob: -1 },
    { start: 2, end: 4, logprob: -9 },
  ]);
});

it("keeps thinking apart, under either name, and counts it", async () => {
  const { model } = await connect(stream(
    thought({ reasoning_content: "hm " }),
    thought({ reasoning: "so" }),
    contentChunk("{}", [wireToken("{}")]),
    ...finishChunks("stop", 1, 3),
  ));
  const { events, result } = await collect(model, { ...question, thinkingBudgetTokens: 10 });
  expect(result).toMatchObject({ thinking: "hm so", text: "{}", usage: { thinkingTokens: 2, outputTokens: 1 } });
  expect(result.tokens).toHaveLength(1);
  expect(events.map(({ type }) => type)).toEqual(["thinking-delta", "thinking-delta", "text-delta", "finish"]);
});

it("takes a plain JSON reply of a server that does not stream", async () => {
  const { model } = await connect((_, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify({
      choices: [{ message: { role: "assistant", content: text }, logprobs: { content: tokens }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 7 },
    }));
  });
  const { result } = await collect(model, question);
  expect(result.text).toBe(text);
  expect(result.tokens).toHaveLength(tokens.length);
});

it("keeps line separators that are no line feed, comments and CRLF apart from data", async () => {
  const { model } = await connect((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const body = eventBytes([contentChunk("a\u2028b\u0085c"), ...finishChunks("stop", 1, 1)]).toString("utf8");
    response.end(`: keep-alive\r\n\r\nid: 1\r\n${body.replaceAll("\n", "\r\n")}`);
  });
  const { result } = await collect(model, { ...question, format: { type: "text" } });
  expect(result.text).toBe("a\u2028b\u0085c");
  expect(result.tokens).toEqual([]);
});

// Choices.
it("gives each option the mass of its wordings, case ignored", async () => {
  const first = wireToken("yes", Math.log(0.5), { Yes: Math.log(0.2), " NO": Math.log(0.1), maybe: Math.log(0.2) });
  const { model } = await connect(stream(chunk(first), ...finishChunks("stop", 1, 1)), { constraint: "structured_outputs" });
  const { events, result } = await collect(model, yesOrNo);
  expect(result.text).toBe("yes");
  expect(result.probabilities?.[0]).toBeCloseTo(0.7 / 0.8, 10);
  expect(result.probabilities?.[1]).toBeCloseTo(0.1 / 0.8, 10);
  expect(events.map(({ type }) => type)).toEqual(["text-delta", "finish"]);
});

it("unwraps the object of response_format and looks at the value's own token", async () => {
  const { model, server } = await connect(stream(
    ...[wireToken('{"', -9), wireToken("choice", -9), wireToken('":', -9)].map(chunk),
    chunk(wireToken(' "no', Math.log(0.6), { ' "yes': Math.log(0.4) })),
    chunk(wireToken('"}', -9)),
    ...finishChunks("stop", 1, 5),
  ));
  const { result } = await collect(model, yesOrNo);
  expect(result).toMatchObject({ text: "no", tokens: [{ start: 0, end: 2 }] });
  expect(result.probabilities?.[0]).toBeCloseTo(0.4, 10);
  expect(server.requests[0].max_tokens).toBeGreaterThanOrEqual('{"choice":"yes"}'.length);
});

it("follows options that begin alike to where they part", async () => {
  const { model } = await connect(stream(
    chunk(wireToken("not", Math.log(0.8), { yes: Math.log(0.2) })),
    chunk(wireToken(" clear", Math.log(0.75), { " stated": Math.log(0.25) })),
    ...finishChunks("stop", 1, 2),
  ), { constraint: "structured_outputs" });
  const { result } = await collect(model, { ...yesOrNo, format: { type: "choice", options: ["yes", "not stated", "not clear"] } });
  [0.2, 0.2, 0.6].forEach((expected, index) => expect(result.probabilities?.[index]).toBeCloseTo(expected, 10));
});

it("claims no probabilities where the server gives none", async () => {
  const { model } = await connect(stream(contentChunk('{"choice":"yes"}'), ...finishChunks("stop", 1, 2)));
  const { result } = await collect(model, yesOrNo);
  expect(result.text).toBe("yes");
  expect(result.probabilities).toBeUndefined();
  expect(result.tokens).toEqual([]);
});

it("refuses an answer outside the options", async () => {
  const { model } = await connect(stream(contentChunk("Perhaps."), ...finishChunks("stop", 1, 2)));
  expect(await failureOf(model, yesOrNo)).toMatchObject({ failure: "protocol", rawText: "Perhaps." });
});

// Failures.
it("tries again after 429 and 503, then succeeds", async () => {
  const { model, server } = await connect((body, response, attempt, request) => {
    if (attempt > 2) return answerFromSchema(body, response, attempt, request);
    response.writeHead(attempt === 1 ? 429 : 503, { "retry-after": "0" }).end("busy");
  });
  const { result } = await collect(model, question);
  expect(JSON.parse(result.text)).toHaveProperty("name");
  expect(server.requests).toHaveLength(3);
});

it("tries again where the stream breaks before the reply begins, never after", async () => {
  const role = { choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }] };
  const early = await connect((body, response, attempt, request) => {
    if (attempt > 1) return answerFromSchema(body, response, attempt, request);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(eventBytes([role], false), () => response.destroy());
  });
  expect((await collect(early.model, question)).result.finishReason).toBe("stop");
  expect(early.server.requests).toHaveLength(2);

  const late = await connect((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(eventBytes([contentChunk('{"na')], false), () => setTimeout(() => response.destroy(), 20));
  });
  expect(await failureOf(late.model)).toMatchObject({ failure: "dropped", rawText: '{"na' });
  expect(late.server.requests).toHaveLength(1);
});

it("reports a stream that ends without a finish reason, with what had arrived", async () => {
  const { model } = await connect(stream(contentChunk('{"name":')));
  expect(await failureOf(model)).toMatchObject({ failure: "dropped", rawText: '{"name":' });
});

it.each([
  [400, /constraint/],
  [401, /apiKey/],
  [404, /baseUrl/],
])("does not repeat a request answered with %i, and says what to do", async (status, hint) => {
  const { model, server } = await connect((_, response) => void response.writeHead(status).end("x".repeat(5000)));
  const error = await failureOf(model);
  expect(error).toMatchObject({ code: "REMOTE_MODEL_FAILED", failure: "status", status });
  expect(error.hint).toMatch(hint);
  expect(error.body?.length).toBeLessThan(1000);
  expect(server.requests).toHaveLength(1);
});

it.each([
  ["broken JSON", "data: {oops\n\n"],
  ["a number", "data: 5\n\n"],
  ["an error in the stream", 'data: {"error":{"message":"out of memory"}}\n\n'],
  ["a filtered reply", 'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"content_filter"}]}\n\n'],
  ["a reply that is all thinking", 'data: {"choices":[{"delta":{"reasoning":"{}"},"finish_reason":"stop"}]}\n\n'],
])("reports %s as a broken protocol", async (_, body) => {
  const { model, server } = await connect((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(body);
  });
  expect(await failureOf(model)).toMatchObject({ failure: "protocol" });
  expect(server.requests).toHaveLength(1);
});

it("reports silence, and a server that is not there", async () => {
  const { model, server } = await connect(() => {}, { timeoutMs: 50, retries: 0 });
  expect(await failureOf(model)).toMatchObject({ failure: "timeout" });
  await server.close();
  const error = await failureOf(createRemoteModel({ baseUrl: server.baseUrl, model: "test", retries: 0 }));
  expect(error).toMatchObject({ failure: "connection" });
  expect(error.message).toContain("ECONNREFUSED");
});

it("does not take a slow reader for a silent server", async () => {
  const { model } = await connect(answerFromSchema, { timeoutMs: 60 });
  let read = "";
  for await (const event of model.generate({ ...question, format: { type: "text" } })) {
    if (event.type !== "text-delta") continue;
    if (read === "") await new Promise((resolve) => setTimeout(resolve, 200));
    read += event.text;
  }
  expect(read).toContain("lazy dog");
});

// Aborts.
it("throws the signal's reason before, during and between tries, and ends the request on the server", async () => {
  const { model, server, closed } = await connectToEndless();
  const reason = new Error("enough");
  await expect(collect(model, { ...question, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(server.requests).toHaveLength(0);

  const controller = new AbortController();
  const run = async (): Promise<void> => {
    for await (const event of model.generate({ ...question, signal: controller.signal })) {
      if (event.type === "text-delta") controller.abort(reason);
    }
  };
  await expect(run()).rejects.toBe(reason);
  await closed;

  const busy = await connect((_, response) => void response.writeHead(429, { "retry-after": "20" }).end());
  const waiting = new AbortController();
  const pending = collect(busy.model, { ...question, signal: waiting.signal });
  setTimeout(() => waiting.abort("a reason that is no Error"), 50);
  await expect(pending).rejects.toBe("a reason that is no Error");
});

it("ends the request where the reader leaves early", async () => {
  const { model, closed } = await connectToEndless();
  for await (const event of model.generate(question)) if (event.type === "text-delta") break;
  await closed;
});

it("serves nobody once closed", async () => {
  const { model, server } = await connect(answerFromSchema);
  await model.close();
  await expect(collect(model, question)).rejects.toThrow("closed");
  expect(server.requests).toHaveLength(0);
});
