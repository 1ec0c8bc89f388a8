// Spans for requests, where the process has @opentelemetry/api: written from the engine's events, named by its
// semantic conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/).
import type { EngineListener, EngineLogEvent } from "./log-event.js";

/** What is used of @opentelemetry/api: the package is the user's, and need not be there. */
interface Api {
  trace: {
    getTracer(name: string): Tracer;
    setSpan(context: unknown, span: Span): unknown;
  };
  context: { active(): unknown };
  SpanStatusCode: { ERROR: number };
}
type Attributes = Record<string, string | number | readonly string[] | undefined>;
interface Tracer {
  startSpan(name: string, options?: { attributes?: Attributes; startTime?: number }, context?: unknown): Span;
}
interface Span {
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  recordException(error: Error): unknown;
  end(): void;
}

type EventOf<Type extends EngineLogEvent["type"]> = Extract<EngineLogEvent, { type: Type }>;

const PACKAGE: string = "@opentelemetry/api";
const SCOPE = "distillate";
const OUTPUT_TYPES: Readonly<Record<EventOf<"request-queue">["format"], string>> = { json: "json", text: "text", regex: "text", choice: "text" };

/**
 * A listener that writes one span a request, `distillate.generate`, a child of whatever span is active where the request
 * is made, with a child for each of its stages: queue, prefill and decode. Undefined where the package is not installed.
 */
export async function openTelemetryListener(modelName: string): Promise<EngineListener | undefined> {
  const api = await import(PACKAGE).then((module: unknown) => module as Api, sayUnlessAbsent);
  if (!api) return undefined;
  const writer = new SpanWriter(api, modelName);
  return (event) => writer.write(event);
}

function sayUnlessAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND") return;
  process.emitWarning(`${PACKAGE} is there and cannot be loaded, so no spans are written: ${String(error)}`, { code: "DISTILLATE_TELEMETRY" });
}

class SpanWriter {
  readonly #api: Api;
  readonly #tracer: Tracer;
  readonly #modelName: string;
  readonly #requests = new Map<number, { span: Span; stage: Span }>();

  constructor(api: Api, modelName: string) {
    this.#api = api;
    this.#tracer = api.trace.getTracer(SCOPE);
    this.#modelName = modelName;
  }

  write(event: EngineLogEvent): void {
    if (event.type === "request-queue") this.#open(event);
    if (event.type === "request-start") this.#enter(event.id, "distillate.prefill");
    if (event.type === "prefill-end") this.#enter(event.id, "distillate.decode");
    if (event.type === "request-end") this.#close(event);
  }

  #open({ id, maxTokens, format, sampling }: EventOf<"request-queue">): void {
    const span = this.#tracer.startSpan("distillate.generate", {
      attributes: {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": SCOPE,
        "gen_ai.request.model": this.#modelName,
        "gen_ai.request.max_tokens": maxTokens,
        "gen_ai.request.temperature": sampling.temperature,
        "gen_ai.request.top_p": sampling.topP,
        "gen_ai.request.top_k": sampling.topK,
        "gen_ai.request.seed": sampling.seed,
        "gen_ai.output.type": OUTPUT_TYPES[format],
      },
    });
    this.#requests.set(id, { span, stage: this.#stage(span, "distillate.queue") });
  }

  #enter(id: number, stage: string): void {
    const request = this.#requests.get(id);
    if (!request) return;
    request.stage.end();
    request.stage = this.#stage(request.span, stage);
  }

  #close({ id, outcome, usage, finishReason, error }: EventOf<"request-end">): void {
    const request = this.#requests.get(id);
    if (!request) return;
    this.#requests.delete(id);
    const { span, stage } = request;
    stage.end();
    span.setAttributes({
      "gen_ai.response.model": this.#modelName,
      "gen_ai.response.finish_reasons": finishReason && [finishReason],
      "distillate.outcome": outcome,
      ...(usage && {
        "gen_ai.usage.input_tokens": usage.promptTokens,
        "gen_ai.usage.output_tokens": usage.outputTokens + usage.thinkingTokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cachedTokens,
        "distillate.usage.forced_tokens": usage.forcedTokens,
        "distillate.usage.drafted_tokens": usage.draftedTokens,
        "distillate.usage.accepted_tokens": usage.acceptedTokens,
      }),
    });
    if (outcome === "failed") this.#markFailed(span, error);
    span.end();
  }

  #markFailed(span: Span, error: unknown): void {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    const code = error instanceof Error && "code" in error ? String(error.code) : name;
    span.setAttributes({ "error.type": code });
    if (error instanceof Error) span.recordException(error);
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
  }

  #stage(span: Span, name: string): Span {
    return this.#tracer.startSpan(name, {}, this.#api.trace.setSpan(this.#api.context.active(), span));
  }
}
