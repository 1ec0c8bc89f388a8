// One call of a task, from record to result, read from top to bottom.
import { vote } from "./consensus/vote.js";
import type { DistillateError } from "./error/distillate-error.js";
import { RecordInputError } from "./error/input/record-input-error.js";
import { readDocument } from "./input/read-document.js";
import type { Document } from "./input/document.js";
import type { KeptPrefix, LanguageModel, PromptRequest, RenderedPrompt } from "./model/language-model.js";
import { resolveModel } from "./model/resolve-model.js";
import { drawSamples } from "./reading/draw-samples.js";
import { createModelCalls, refuseHopelessText } from "./reading/model-calls.js";
import { preparePrompts } from "./reading/prepare-prompts.js";
import type { RecordPrompts } from "./reading/reading.js";
import { checkRules, type Sample } from "./reading/to-output.js";
import type { Extraction, Warning } from "./result/extraction.js";
import { requireProperties } from "./schema/pick-properties.js";
import { validate } from "./schema/validate.js";
import type { CompiledTask } from "./task-definition.js";
import type { RecordInput, TaskOptions } from "./task-types.js";

const DEFAULT_MAX_TOKENS = 1024;

export async function extract(task: CompiledTask, record: RecordInput<unknown>, options: TaskOptions): Promise<Extraction<unknown>> {
  const { prompts, model } = await prepare(task, record, options);
  const calls = createModelCalls(model, options);
  const maxTokens = options.maxTokens ?? task.definition.maxTokens ?? DEFAULT_MAX_TOKENS;
  refuseHopelessText(prompts.document.text, model, maxTokens);
  const readings = options.readings ?? task.definition.readings ?? 2;
  const { samples, failures } = await drawSamples({ ...prompts, calls, readings, maxTokens, onUnsupported: options.onUnsupported ?? "refuse" }, options);
  const merged = samples.length > 1 ? mergeSamples(samples, task) : samples[0];
  const checks = checkRules({ ...prompts, calls }, merged.value);
  return {
    data: merged.value,
    fields: merged.fields as Extraction<unknown>["fields"],
    usage: calls.usage,
    samples: samples.map(({ value }) => value),
    warnings: uniqueWarnings([...merged.warnings, ...checks, ...failures.map(toWarning)]),
    trace: [...calls.trace],
  };
}

/** The exact text of the first call, and its length. */
export async function renderRecordPrompt(task: CompiledTask, record: RecordInput<unknown>, options: TaskOptions): Promise<RenderedPrompt> {
  const { prompts, model } = await prepare(task, record, options);
  return model.render(firstRequest(prompts));
}

/** Two records that have nothing in common: what their prompts begin with is the task's. */
const UNLIKE_RECORDS = ["A", "1"] as const;

/** Keeps what the prompts of all records begin with for later starts of the model. */
export async function warmTask(task: CompiledTask, options: TaskOptions): Promise<KeptPrefix> {
  const language = options.language ?? "en";
  const [first, second] = await Promise.all(UNLIKE_RECORDS.map((record) => prepare(task, record, { ...options, language })));
  const { id, keepPrefix } = first.model;
  if (!keepPrefix) throw new TypeError(`The model ${id} keeps nothing: name one that runs on this machine.`);
  return keepPrefix([firstRequest(first.prompts), firstRequest(second.prompts)], {
    name: `${task.definition.name} (${first.prompts.strategy.type}, ${language})`,
    ...(options.signal && { signal: options.signal }),
  });
}

function firstRequest({ task, messages, questions }: RecordPrompts): PromptRequest {
  const { thinking } = task.definition;
  return { messages: messages(questions[0].text), ...(thinking && { thinkingBudgetTokens: thinking.budgetTokens }) };
}

async function prepare(
  task: CompiledTask,
  record: RecordInput<unknown>,
  options: TaskOptions,
): Promise<{ prompts: RecordPrompts; model: LanguageModel }> {
  options.signal?.throwIfAborted();
  checkOptions(task, options);
  const document = await readDocument(record);
  const input = checkInput(task, document);
  const model = await resolveModel(options.model, {
    ...(options.signal && { signal: options.signal }),
    ...(options.engine && { engine: options.engine }),
    onProgress: (progress) => options.onProgress?.({ type: "model-progress", ...progress }),
  });
  options.signal?.throwIfAborted();
  return { prompts: await preparePrompts({ task, document, input, advice: model.advice, options }), model };
}

/** For callers without types: a wrong option is said before a model is loaded for it. */
function checkOptions({ definition, answerJsonSchema }: CompiledTask, options: TaskOptions): void {
  const { samples = 1, maxTokens = 1, readings = 1, language = "en", onUnsupported = "refuse", strategy = "record" } = options;
  for (const [name, value] of Object.entries({ samples: samples === "auto" ? 1 : samples, maxTokens })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is a whole number from 1, not ${value}.`);
  }
  if (![1, 2].includes(readings)) throw new RangeError(`readings is 1 or 2, not ${String(readings)}.`);
  if (!["refuse", "validate"].includes(onUnsupported)) {
    throw new RangeError(`onUnsupported is "refuse" or "validate", not "${String(onUnsupported)}".`);
  }
  if (!["record", "fields"].includes(strategy)) throw new RangeError(`strategy is "record" or "fields", not "${String(strategy)}".`);
  if (options.strategy && definition.strategy?.type === "clauses") {
    throw new RangeError(`The task ${definition.name} reads clause by clause; it has no other strategy.`);
  }
  if (strategy === "fields") requireProperties(answerJsonSchema);
  if (!["en", "zh"].includes(language)) throw new RangeError(`language is "en" or "zh", not "${String(language)}".`);
}

/** Structured records are checked before they are asked about; the model reads them as they came. */
function checkInput({ definition }: CompiledTask, { format, data }: Document): unknown {
  if (!definition.input || format !== "json") return data;
  const checked = validate(definition.input, data);
  if (!checked.ok) throw new RecordInputError(definition.name, checked.issues);
  return checked.value;
}

/** The vote; should its mixture of samples break a rule of the schema, the first sample. */
function mergeSamples(samples: readonly Sample[], { definition, schema }: CompiledTask): Sample {
  const { data, fields } = vote(samples, schema);
  const checked = validate(definition.output, data);
  const warnings = samples.flatMap((sample) => sample.warnings);
  if (checked.ok) return { data, fields, value: checked.value, warnings };
  const issues = checked.issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
  const warning = { code: "VOTE_INVALID", message: `The samples' vote does not fit the schema (${issues}); the first sample stands.` };
  return { ...samples[0], warnings: [...samples[0].warnings, warning] };
}

function uniqueWarnings(warnings: readonly Warning[]): Warning[] {
  return [...new Map(warnings.map((warning) => [JSON.stringify(warning), warning])).values()];
}

function toWarning(failure: DistillateError): Warning {
  return { code: "SAMPLE_FAILED", message: failure.message };
}
