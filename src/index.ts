export { DistillateError } from "./error/distillate-error.js";
export type { Document, DocumentFormat, Language, Span } from "./input/document.js";
export type * from "./model/language-model.js";
export type * from "./result/extraction.js";
