// From a JSON Schema to its shape: the schema's reader, the algebra of constraints, the writer of shapes.
import type { Lexeme } from "../lexeme/lexeme.js";
import type { LexemeStore } from "../lexeme/lexeme-store.js";
import type { GrammarWarning } from "../matcher.js";
import type { JsonStyle, KeyOrder, Shape } from "../shape.js";
import type { Refusal } from "./constraint/constraint.js";
import { ConstraintLimit } from "./constraint/constraint-limit.js";
import { ConstraintStore } from "./constraint/constraint-store.js";
import { TextRules } from "./constraint/text-rules.js";
import { escapePointer, refuse } from "./keyword-table.js";
import { SchemaDocument } from "./schema-document.js";
import { SchemaReader } from "./schema-reader.js";
import { ShapeWriter, type VerbatimRequest } from "./shape/shape-writer.js";

export interface ReadShapeOptions {
  style: JsonStyle;
  order: KeyOrder;
  lexemes: LexemeStore;
  /** What becomes of a keyword that cannot be enforced: an error, or a warning. */
  onUnsupported: "refuse" | "validate";
  /** The body of a string that is copied from a source; without it, `x-verbatim` cannot be enforced. */
  verbatim?: (request: VerbatimRequest) => Lexeme;
}

/** @throws UnsupportedSchemaError */
export function readShape(schema: unknown, options: ReadShapeOptions): { shape: Shape; warnings: GrammarWarning[] } {
  const { style, order, lexemes, onUnsupported, verbatim } = options;
  const warnings = new Map<string, GrammarWarning>();
  const note = ({ path, keyword, reason }: Refusal) => {
    const at = `${path}/${escapePointer(keyword)}`;
    if (!warnings.has(at)) warnings.set(at, { path: at, keyword, reason });
  };
  const leaveOut = (refusal: Refusal) => {
    if (onUnsupported === "refuse") refuse(refusal.path, refusal.keyword, refusal.reason);
    note(refusal);
  };
  try {
    const texts = new TextRules();
    const store = new ConstraintStore(texts);
    const root = new SchemaReader(store, new SchemaDocument(schema), { note, hasVerbatim: verbatim !== undefined }).readRoot();
    const shape = new ShapeWriter(store, texts, { style, order, lexemes, leaveOut, verbatim }).write(root);
    return { shape, warnings: [...warnings.values()] };
  } catch (error) {
    if (!(error instanceof ConstraintLimit)) throw error;
    const { path, keyword, reason } = error.refusal;
    return refuse(path, keyword, reason);
  }
}
