// How a family of models wants to be asked, as its makers and our measurements say.

/** How a family of models wants to be asked; a property of the catalogue entry, never of a task. */
export interface PromptAdvice {
  /** Whether earlier turns with solved examples help. */
  fewShot: boolean;
  thinking: {
    /** The marks around the thinking. */
    open: string;
    close: string;
    /** Where a task does not think: text that starts the reply so that the model skips its thinking, if it needs any. */
    skip: string;
  };
  /** Whether arithmetic answers should be asked for in `\boxed{}`. */
  boxedArithmetic: boolean;
  /** Sampling for repeated or thinking runs; single answers are greedy. */
  temperature: number;
  topP: number;
}
