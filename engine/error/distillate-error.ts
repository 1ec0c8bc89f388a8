// The base of every error the package throws; it lives in the lowest layer so that all others can extend it.

const brand: unique symbol = Symbol.for("distillate.error") as never;

export interface DistillateErrorOptions {
  cause?: unknown;
  /** What the caller can do next, one sentence. It is appended to the message. */
  hint?: string;
}

/**
 * An error with a stable `code`. Test with `isInstance` of this class or one below it, which also holds across
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

  static isInstance<Class extends DistillateError>(this: abstract new (...args: never[]) => Class, value: unknown): value is Class {
    if (typeof value !== "object" || value === null || !(brand in value)) return false;
    // Another copy has other classes of the same names.
    return (this as unknown) === DistillateError || classNames(value).includes(this.name);
  }
}

/** Of the object's class and all it extends. */
function classNames(value: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype instanceof Object ? [prototype.constructor.name, ...classNames(prototype)] : [];
}
