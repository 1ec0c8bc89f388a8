// A given beginning of a reply that the format does not allow, or after which nothing is left to write.
import { DistillateError } from "./distillate-error.js";

export class ReplyPrefixError extends DistillateError {
  readonly code = "REPLY_PREFIX";
}
