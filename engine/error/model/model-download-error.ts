// Thrown where no source could give a model's file; what arrived is kept, so that the next pull resumes.
import { DistillateError } from "../distillate-error.js";

export interface SourceFailure {
  /** The source in words, such as a repository and its endpoint. */
  source: string;
  error: unknown;
}

/** Its `cause` is an AggregateError of the causes, one for each source, in the order of `failures`. */
export class ModelDownloadError extends DistillateError {
  readonly code = "MODEL_DOWNLOAD_FAILED";
  readonly id: string;
  readonly failures: readonly SourceFailure[];

  constructor(id: string, failures: readonly SourceFailure[]) {
    const causes = failures.map(({ source, error }) => `\n- ${source}: ${error instanceof Error ? error.message : String(error)}`);
    super(`The model ${id} could not be fetched from any of its sources:${causes.join("")}\n`, {
      cause: new AggregateError(failures.map(({ error }) => error)),
      hint: "Check the network and pull again (a pull resumes), set HF_ENDPOINT to a mirror that you can reach, or pass the path of a GGUF file.",
    });
    this.id = id;
    this.failures = failures;
  }
}
