// Thrown where a disk has no room for a model or what is kept of one; what was fetched so far is kept, so that the next pull resumes.
import { DistillateError } from "../distillate-error.js";

const inMegabytes = (sizeBytes: number): string => `${Math.ceil(sizeBytes / 1e6).toLocaleString("en")} MB`;

export class DiskSpaceError extends DistillateError {
  readonly code = "NO_DISK_SPACE";
  readonly folder: string;
  /** What is still missing; undefined where the disk filled up while writing. */
  readonly neededBytes: number | undefined;
  readonly freeBytes: number | undefined;

  constructor(folder: string, options: { neededBytes?: number; freeBytes?: number; cause?: unknown } = {}) {
    const { neededBytes, freeBytes, cause } = options;
    const amounts =
      neededBytes === undefined || freeBytes === undefined
        ? "it filled up while a file was written"
        : `${inMegabytes(neededBytes)} more are needed and ${inMegabytes(freeBytes)} are free`;
    super(`The disk of ${folder} has no room: ${amounts}.`, {
      cause,
      hint: "Free some space or set DISTILLATE_HOME to a folder on another disk, then try again; a pull resumes.",
    });
    this.folder = folder;
    this.neededBytes = neededBytes;
    this.freeBytes = freeBytes;
  }
}
