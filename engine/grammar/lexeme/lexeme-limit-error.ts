// What no lexeme of bounded size can do; whoever reads a schema makes a refusal of it.

export class LexemeLimitError extends Error {
  override readonly name = "LexemeLimitError";
}
