// What a task returns: the data, and for every leaf of it where it stands and how sure it is.
import type { Span } from "../input/document.js";
import type { Usage } from "../model/language-model.js";

/**
 * - `verbatim`: the value is a substring of the source at its spans, runs of white space aside.
 * - `derived`: normalised, computed or worded from the source (`2024-03-12` for "12 March 2024");
 *   `spans` hold the evidence, if any was found.
 * - `absent`: the model says the source has no such value.
 * - `ungrounded`: a value that should stand in the source and does not.
 */
export type FieldStatus = "verbatim" | "derived" | "absent" | "ungrounded";

export interface Alternative {
  value: unknown;
  /** 0 to 1: share of samples, or probability. */
  confidence: number;
}

export interface Field {
  status: FieldStatus;
  /** All places where the value stands, the likeliest first. */
  spans: Span[];
  /** 0 to 1; undefined where the model gives no probabilities and nothing was sampled. */
  confidence: number | undefined;
  /** Other values that samples or a second reading gave, or that the model might have chosen, best first. */
  alternatives: Alternative[];
}

/** `Fields<T>` where T is not known: the shape of the data with a Field at every leaf. */
export type FieldTree = Field | FieldTree[] | { [key: string]: FieldTree };

/** The shape of `T` with a `Field` at every leaf. */
export type Fields<T> = T extends readonly (infer Item)[]
  ? Fields<Item>[]
  : T extends object
    ? { [Key in keyof T]: Fields<NonNullable<T[Key]>> | NullField<T[Key]> }
    : T extends string | number | boolean | bigint | null | undefined
      ? Field
      : FieldTree;
type NullField<T> = null extends T ? Field : undefined extends T ? Field : never;

export interface Warning {
  code: string;
  message: string;
  /** JSON pointer of the value it is about; of SCHEMA_KEYWORD_UNCHECKED, of the keyword in the schema. */
  path?: string;
}

/** What was asked and answered, for those who debug a task. */
export interface TraceStep {
  /** What the call was for: `record`, `field`, `second-reading`, `score`, `rewrite`, `presence`, `quote`. */
  purpose: string;
  /** JSON pointer of the field it was about; empty for the whole record. */
  path: string;
  prompt: string;
  thinking: string;
  text: string;
  ms: number;
}

export interface Extraction<T> {
  data: T;
  fields: Fields<T>;
  usage: Usage;
  /** Every sample's validated data, in the order of their seeds. */
  samples: T[];
  warnings: Warning[];
  trace: TraceStep[];
}
