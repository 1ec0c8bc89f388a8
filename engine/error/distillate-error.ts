// The base of every error the package throws; it lives in the lowest layer so that all others can extend it.

const brand: unique symbol = Symbol.for("distillate.error") as never;

export interface DistillateErrorOptions {
  cause?: unknown;
  /** What the caller can do next, one sentence. It is appended to the message. */
  hint?: string;
}

/**
 * An error with a stable `code`. Test with `DistillateError.isInstance(e)`, which also holds across
 * two copies of the package in one process, where `instanceof` does not.
 */
export abstract class DistillateError extends Error {
  /** Stable identifier in SCREAMING_SNAKE_CASE; messages may change, codes do not. */
  abstract readonly code: string;
  readonly hint: string | undefined;
  /** Survives a second copy of the package, unlike the prototype chain. */
  readonly [brand] = true;

  constructor(message: string, options: DistillateErrorOptions = {}) {
    super(options.hint ? `${message} ${options.hint}` : message, { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }

  static isInstance(value: unknown): value is DistillateError {
    return typeof value === "object" && value !== null && brand in value;
  }
}
