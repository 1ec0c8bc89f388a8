// Thrown where a model id is not in the catalogue; see checkpoint/catalogue.ts.
import { DistillateError } from "../distillate-error.js";

export class ModelNotFoundError extends DistillateError {
  readonly code = "MODEL_NOT_FOUND";
  readonly id: string;
  /** Ids of the catalogue, the nearest first. */
  readonly nearIds: readonly string[];

  constructor(id: string, nearIds: readonly string[]) {
    super(`There is no model "${id}" in the catalogue.`, {
      hint: `Did you mean ${nearIds.map((near) => `"${near}"`).join(" or ")}? The path of a GGUF file works too.`,
    });
    this.id = id;
    this.nearIds = nearIds;
  }
}
