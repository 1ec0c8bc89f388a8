// The engine's public face; src/model is the only part of the SDK that calls it.
export { DistillateError, type DistillateErrorOptions } from "./error/distillate-error.js";
export { compileChoice } from "./grammar/choice.js";
export { compileRegex } from "./grammar/regex-grammar.js";
export { compileJsonSchema, type CompileJsonSchemaOptions } from "./grammar/json-schema.js";
export type { Grammar, GrammarWarning, Matcher, SourceSpan } from "./grammar/matcher.js";
export { createVocabulary, type Vocabulary } from "./grammar/mask/vocabulary.js";
export type { Checkpoint, DecoderConfig, TensorInfo, TensorType } from "./checkpoint/checkpoint.js";
export type { PromptAdvice } from "./checkpoint/prompt-advice.js";
export type { ChatMessage, ChatPrompt, ChatPromptOptions, Role, Tokenizer } from "./tokenizer/tokenizer.js";
export type * from "./request.js";
export { adviceFor } from "./checkpoint/family-advice.js";
export { catalogue, defaultModelId, findEntry, type CatalogueEntry, type HubSource, type ModelSource, type WheelsSource } from "./checkpoint/catalogue.js";
export { homeFolder } from "./checkpoint/home-folder.js";
export {
  listModels,
  modelPath,
  pullModel,
  removeModel,
  type ModelFolderOptions,
  type ModelListing,
  type PullModelOptions,
} from "./checkpoint/pull-model.js";
export type { ModelProgress } from "./checkpoint/source/source.js";
export { ChecksumError } from "./error/model/checksum-error.js";
export { DiskSpaceError } from "./error/model/disk-space-error.js";
export { HomeFolderError } from "./error/model/home-folder-error.js";
export { ModelDownloadError, type SourceFailure } from "./error/model/model-download-error.js";
export { ModelNotFoundError } from "./error/model/model-not-found-error.js";
export { SourceError } from "./error/model/source-error.js";
export { CheckpointError } from "./error/checkpoint-error.js";
export { EngineClosedError } from "./error/engine-closed-error.js";
export { PromptTooLongError } from "./error/prompt-too-long-error.js";
export { ReplyPrefixError } from "./error/reply-prefix-error.js";
export { RuntimeError } from "./error/runtime-error.js";
export { TokenizerError } from "./error/tokenizer-error.js";
export { UnsatisfiableSchemaError } from "./error/unsatisfiable-schema-error.js";
export { UnsupportedModelError } from "./error/unsupported-model-error.js";
export { UnsupportedSchemaError } from "./error/unsupported-schema-error.js";
export type { Engine } from "./engine.js";
export type { EngineStats } from "./observation/engine-stats.js";
export type { EngineListener, EngineLogEvent, RequestOutcome } from "./observation/log-event.js";
export type { KeptPrefix } from "./cache/prefix-store.js";
export type { AttentionMode } from "./forward/sparse/attention-policy.js";
export { checkDevice, type DeviceCheckOptions, type DeviceReport, type DeviceTrial } from "./device-check/check-device.js";
export type { DeviceName, DeviceOption } from "./ort/device/provider.js";
export { loadEngine, type LoadEngineOptions } from "./load-engine.js";
export { probeRuntime, type RuntimeProbe } from "./ort/probe-runtime.js";
