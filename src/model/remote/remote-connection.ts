// One request to the server: connection, retries before the first piece of the reply, silence, and what to say when it fails.
import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { RemoteModelError } from "../../error/remote-model-error.js";
import type { ServerChunk } from "./remote-protocol.js";
import { droppedStream, messageOf, thinkingOf } from "./remote-reply.js";
import { readServerSentEvents } from "./server-sent-events.js";

export interface RemoteEndpoint {
  url: string;
  headers: Record<string, string>;
  /** The longest silence before and between pieces of the reply. */
  timeoutMs: number;
  retries: number;
}

const longestServerWaitMs = 30_000;
const excerptLength = 500;

/**
 * The server's reply, chunk by chunk. Failures that may pass (no connection, 408, 429, 5xx, a stream that
 * breaks) are tried again as long as nothing of the reply has been handed on.
 */
export async function* requestReply(endpoint: RemoteEndpoint, body: object, signal: AbortSignal): AsyncGenerator<ServerChunk> {
  const { head, rest } = await openWithRetries(endpoint, JSON.stringify(body), signal);
  try {
    yield* head;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

interface OpenedReply {
  /** Chunks up to the first piece of the reply. */
  head: ServerChunk[];
  rest: AsyncGenerator<ServerChunk>;
}

async function openWithRetries(endpoint: RemoteEndpoint, body: string, signal: AbortSignal): Promise<OpenedReply> {
  signal.throwIfAborted();
  try {
    return await pRetry(() => openReply(endpoint, body, signal), {
      retries: endpoint.retries,
      minTimeout: 500,
      maxTimeout: 8000,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => mayPass(error),
      onFailedAttempt: async ({ error, retriesLeft }) => {
        const waitMs = error instanceof RemoteModelError ? error.retryAfterMs : undefined;
        if (waitMs && retriesLeft > 0) await sleep(Math.min(waitMs, longestServerWaitMs), undefined, { signal });
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function mayPass(error: Error): boolean {
  if (!(error instanceof RemoteModelError)) return false;
  if (error.status !== undefined) return error.status === 408 || error.status === 429 || error.status >= 500;
  return error.failure !== "protocol";
}

async function openReply(endpoint: RemoteEndpoint, body: string, signal: AbortSignal): Promise<OpenedReply> {
  const rest = readReply(endpoint, body, signal);
  const head: ServerChunk[] = [];
  for (;;) {
    const next = await rest.next();
    if (next.done) {
      if (!head.some((chunk) => chunk.choices?.[0]?.finish_reason || chunk.error)) throw droppedStream("");
      return { head, rest };
    }
    head.push(next.value);
    const message = messageOf(next.value);
    if (message?.content || thinkingOf(message) !== "") return { head, rest };
  }
}

async function* readReply(endpoint: RemoteEndpoint, body: string, signal: AbortSignal): AsyncGenerator<ServerChunk> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  let received = "";
  const listen = async <T>(pending: Promise<T>, failure: "connection" | "dropped"): Promise<T> => {
    const timer = setTimeout(() => silence.abort(), endpoint.timeoutMs);
    try {
      return await pending;
    } catch (cause) {
      signal.throwIfAborted();
      throw silence.signal.aborted ? timeoutError(endpoint, received) : connectionError(endpoint, failure, cause, received);
    } finally {
      clearTimeout(timer);
    }
  };
  const { url, headers } = endpoint;
  const response = await listen(fetch(url, { method: "POST", headers, body, signal: either }), "connection");
  if (!response.ok) throw statusError(endpoint, response, await listen(response.text(), "dropped"));
  if (response.headers.get("content-type")?.includes("application/json")) {
    yield parseChunk(await listen(response.text(), "dropped"));
    return;
  }
  const bytes = readBody(response, (pending) => listen(pending, "dropped"));
  for await (const data of readServerSentEvents(bytes)) {
    if (data === "[DONE]") return;
    const chunk = parseChunk(data);
    received += messageOf(chunk)?.content ?? "";
    yield chunk;
  }
}

/** Watches for silence only while a read is pending, so that a slow consumer is not taken for a silent server. */
async function* readBody(
  response: Response,
  listen: <T>(pending: Promise<T>) => Promise<T>,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await listen(reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the request on the server's side too; a stream that already failed has nothing to end.
    await reader.cancel().catch(() => {});
  }
}

function parseChunk(data: string): ServerChunk {
  try {
    const chunk: unknown = JSON.parse(data);
    if (typeof chunk === "object" && chunk !== null) return chunk as ServerChunk;
  } catch {
    // Reported below with what was read.
  }
  throw new RemoteModelError(`The server sent what is no JSON object: ${JSON.stringify(data.slice(0, 80))}.`, {
    failure: "protocol",
    body: data.slice(0, excerptLength),
    hint: "Check that baseUrl points to an OpenAI-compatible server.",
  });
}

function timeoutError({ url, timeoutMs }: RemoteEndpoint, rawText: string): RemoteModelError {
  return new RemoteModelError(`${url} was silent for ${timeoutMs} ms.`, {
    failure: "timeout",
    rawText,
    hint: "Raise timeoutMs, or send fewer requests at once.",
  });
}

function connectionError(
  { url }: RemoteEndpoint,
  failure: "connection" | "dropped",
  cause: unknown,
  rawText: string,
): RemoteModelError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const detail = inner instanceof Error ? inner.message || inner.name : String(inner);
  return failure === "connection"
    ? new RemoteModelError(`${url} could not be reached: ${detail}.`, {
        failure,
        cause,
        hint: "Check that the server runs and that baseUrl is right.",
      })
    : new RemoteModelError(`The connection to ${url} broke: ${detail}.`, { failure, cause, rawText });
}

function statusError({ url }: RemoteEndpoint, response: Response, text: string): RemoteModelError {
  const body = text.slice(0, excerptLength);
  const { status } = response;
  const retryAfterSeconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const hint = hintFor(status);
  return new RemoteModelError(`${url} answered ${status} ${response.statusText}: ${body.trim()}`, {
    failure: "status",
    status,
    body,
    ...(Number.isFinite(retryAfterSeconds) && { retryAfterMs: retryAfterSeconds * 1000 }),
    ...(hint && { hint }),
  });
}

function hintFor(status: number): string | undefined {
  if (status === 401 || status === 403) return "Pass the right apiKey.";
  if (status === 404) return "Check that baseUrl ends in /v1 and that the server knows the model.";
  if (status === 400 || status === 422) return "The server may not know this output format; try the other value of `constraint`.";
  if (status === 413) return "The record is too long for the server.";
  if (status === 429) return "Send fewer requests at once, or raise retries.";
  return undefined;
}
