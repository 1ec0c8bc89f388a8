// The base class of all errors, shared with the engine.
export { DistillateError, type DistillateErrorOptions } from "../../engine/index.js";
