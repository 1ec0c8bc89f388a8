// The public API: everything a user of the package may import from "distillate".
export { DistillateError } from "./error/distillate-error.js";
export type { Document, DocumentFormat, Language, Span } from "./input/document.js";
export type * from "./model/language-model.js";
export type * from "./result/extraction.js";
export { formatJsonLine } from "./batch/format-json-line.js";
export { listSources } from "./batch/list-sources.js";
export { runBatch, type BatchItem, type BatchOptions, type BatchProgress, type BatchRecord } from "./batch/run-batch.js";
export { RemoteModelError, type RemoteFailure } from "./error/remote-model-error.js";
export { SourceNotFoundError } from "./error/input/source-not-found-error.js";
export { UnexpectedError } from "./error/unexpected-error.js";
export { createRemoteModel, type RemoteModelOptions } from "./model/remote-model.js";
export type { RemoteConstraint } from "./model/remote/remote-protocol.js";
export { formatExtraction, type FormatExtractionOptions } from "./result/format/format-extraction.js";
export { defineTask } from "./task.js";
export type {
  AnswerContext,
  AnswerDefinition,
  ClauseQuestion,
  Example,
  InputOf,
  NormalizedAnswer,
  OutputOf,
  Strategy,
  TaskDefinition,
  TypedSchema,
} from "./task-definition.js";
export type * from "./task-types.js";
export { readTemplate, templateFile } from "./prompt/template.js";
export type { LocalizedText } from "./prompt/localized-text.js";
export { diagnose } from "./tasks/diagnose.js";
export { defineContractClauses, extractContractClauses, type ContractClausesOptions } from "./tasks/extract-contract-clauses.js";
export { parseBalanceSheet } from "./tasks/parse-balance-sheet.js";
export { parseInvoice } from "./tasks/parse-invoice.js";
export { InputTooLongError, type InputTooLongErrorOptions } from "./error/input/input-too-long-error.js";
export { CheckFailedError } from "./error/output/check-failed-error.js";
export { OutputParseError } from "./error/output/output-parse-error.js";
export { OutputTruncatedError } from "./error/output/output-truncated-error.js";
export { OutputValidationError } from "./error/output/output-validation-error.js";
export { RecordInputError } from "./error/input/record-input-error.js";
export { SchemaError } from "./error/schema-error.js";
export { TemplateError } from "./error/template-error.js";
export { InputError } from "./error/input/input-error.js";
export { EmptyInputError } from "./error/input/empty-input-error.js";
export { InputTooLargeError } from "./error/input/input-too-large-error.js";
export { readDocument, type ReadDocumentOptions } from "./input/read-document.js";
export { closeModels } from "./model/resolve-model.js";
export type { EngineModel } from "./model/engine-model.js";
export { loadModel, type EngineOptions, type LoadModelOptions, type ModelLoadProgress } from "./model/load-model.js";
export {
  CheckpointError,
  ChecksumError,
  DiskSpaceError,
  EngineClosedError,
  HomeFolderError,
  ModelDownloadError,
  ModelNotFoundError,
  PromptTooLongError,
  ReplyPrefixError,
  RuntimeError,
  SourceError,
  TokenizerError,
  UnsatisfiableSchemaError,
  UnsupportedModelError,
  UnsupportedSchemaError,
  checkDevice,
  defaultModelId,
  homeFolder,
  listModels,
  modelPath,
  probeRuntime,
  pullModel,
  removeModel,
  type DeviceCheckOptions,
  type DeviceName,
  type DeviceOption,
  type DeviceReport,
  type DeviceTrial,
  type EngineListener,
  type EngineLogEvent,
  type EngineStats,
  type ModelFolderOptions,
  type ModelListing,
  type ModelProgress,
  type PullModelOptions,
  type RuntimeProbe,
  type SourceFailure,
} from "../engine/index.js";
export { ScriptError } from "./error/script-error.js";
export {
  createScriptedModel,
  type Script,
  type ScriptedAnswer,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedReply,
} from "./model/scripted-model.js";
export { oneOfSource, verbatim, withEvidence, type VerbatimOptions, type WithEvidence } from "../schemas/index.js";
export { parseDate, type ParseDateOptions } from "./result/normalize-date.js";
export { parseNumber } from "./result/normalize-number.js";
export { toJsonSchema } from "./schema/to-json-schema.js";
export type { ValidationIssue } from "./schema/validate.js";
