// Thrown where the folder that keeps models cannot be written to: a read-only disk, another user's folder, a file in the way.
import { DistillateError } from "../distillate-error.js";

export class HomeFolderError extends DistillateError {
  readonly code = "HOME_NOT_WRITABLE";
  readonly folder: string;

  constructor(folder: string, cause: Error) {
    super(`${folder} cannot be written to: ${cause.message}.`, {
      cause,
      hint: "Set DISTILLATE_HOME to a folder that you may write to.",
    });
    this.folder = folder;
  }
}
