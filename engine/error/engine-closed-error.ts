// A request to an engine that has been closed.
import { DistillateError } from "./distillate-error.js";

export class EngineClosedError extends DistillateError {
  readonly code = "ENGINE_CLOSED";

  constructor() {
    super("The engine has been closed.", { hint: "Load it again before the next call." });
  }
}
