// Combining constraints went beyond its bounds; becomes a refusal, or a warning, where a shape is written.
import type { Refusal } from "./constraint.js";

export class ConstraintLimit extends Error {
  readonly refusal: Refusal;

  /** @param path to the schema or keyword that is to blame */
  constructor(path: string, reason: string) {
    super(reason);
    const at = path.lastIndexOf("/");
    this.refusal = { path: path.slice(0, Math.max(0, at)), keyword: path.slice(at + 1), reason };
  }
}
