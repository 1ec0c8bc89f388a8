// The shape of a task as its callers see it; `task.ts` makes one.
import type { Language } from "./input/document.js";
import type { JsonSchema, KeptPrefix, LanguageModel, RenderedPrompt } from "./model/language-model.js";
import type { EngineOptions } from "./model/load-model.js";
import type { Extraction } from "./result/extraction.js";
import type { DistillateError } from "./error/distillate-error.js";

/** A record: its text, its bytes, the file that holds it, or structured data. A string is content, never a path. */
export type RecordInput<Input> = string | Uint8Array | URL | { path: string } | Input;

export type TaskProgress =
  /** `totalBytes` is undefined while no source has said how large the file is. */
  | { type: "model-progress"; stage: "download" | "convert" | "load"; doneBytes: number; totalBytes: number | undefined }
  /** One call of the model within the task begins; `step` counts from 1. */
  | { type: "step"; purpose: string; path: string; step: number }
  /** Of the call that began as `step`; calls run at the same time, and their events come mixed. */
  | { type: "prefill-progress"; doneTokens: number; totalTokens: number; step: number }
  | { type: "thinking-delta"; text: string; step: number }
  | { type: "text-delta"; text: string; step: number };

export interface TaskOptions {
  /** Catalogue id, path to a GGUF, or a model of your own. Default: `DISTILLATE_MODEL`, else the catalogue's default. */
  model?: string | LanguageModel;
  /** How the bundled engine runs a model that is named; calls that name the same model and options share it. */
  engine?: EngineOptions;
  /**
   * Independent samples to draw, all at once, and vote over, field by field. 1 is greedy. `auto` draws 6 to 10: as many
   * as it takes until no vote could turn any more within 10. Default 1.
   */
  samples?: number | "auto";
  /** In place of the task's strategy, where that is not `clauses`: one question for the record, or one for each field. */
  strategy?: "record" | "fields";
  /** Language of the prompt. Default: the document's. */
  language?: Language;
  /**
   * 2 asks again, differently, for named properties of the record that the first reading was unsure of, asks the bundled
   * engine for the probabilities of other values of enums, yes/no and null, and has values written anew that break a
   * check. Default 2.
   */
  readings?: 1 | 2;
  /** Bound on the tokens of one reply. Default: the task's. */
  maxTokens?: number;
  /**
   * What becomes of schema keywords that cannot be enforced while the model writes: `refuse` throws an
   * UnsupportedSchemaError, `validate` leaves them to the check of the finished answer and lists them in the warnings.
   * Default `refuse`.
   */
  onUnsupported?: "refuse" | "validate";
  /** Seed of the first sample. Default 0. */
  seed?: number;
  signal?: AbortSignal;
  onProgress?: (progress: TaskProgress) => void;
}

export type SafeResult<Output> =
  | { ok: true; value: Extraction<Output> }
  | { ok: false; error: DistillateError };

export interface Task<Input, Output> {
  /** Runs the task on one record. Throws a DistillateError, or the signal's reason. */
  (record: RecordInput<Input>, options?: TaskOptions): Promise<Extraction<Output>>;
  /** As the call itself, with the failure as a value. Only programming errors and aborts still throw. */
  safe(record: RecordInput<Input>, options?: TaskOptions): Promise<SafeResult<Output>>;
  /** The exact text the model would read, and its length in tokens. */
  prompt(record: RecordInput<Input>, options?: TaskOptions): Promise<RenderedPrompt>;
  /**
   * Computes what the prompts of all records begin with (rules, instruction, fields, examples) and keeps it on disk:
   * later starts of the model read it. Of the options `model`, `engine`, `language` (default: `en`), `strategy`, `signal`
   * and `onProgress` count. Throws a DiskSpaceError or HomeFolderError where it cannot be kept, and a TypeError where the
   * model is not the bundled engine's.
   */
  warm(options?: TaskOptions): Promise<KeptPrefix>;
  readonly taskName: string;
  readonly description: string;
  /** JSON Schema of the output. */
  readonly schema: JsonSchema;
}
