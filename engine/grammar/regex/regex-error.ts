// Why a regular expression is not supported; those who read schemas turn it into an UnsupportedSchemaError with its path.

/** The message is a whole sentence. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}
