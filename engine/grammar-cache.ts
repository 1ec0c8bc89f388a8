// Compiled grammars and prepared sources of one vocabulary, so that calls alike share them.
import { compileJsonSchema } from "./grammar/json-schema.js";
import type { Grammar } from "./grammar/matcher.js";
import type { Vocabulary } from "./grammar/mask/vocabulary.js";
import { compileRegex } from "./grammar/regex-grammar.js";
import { SourceText } from "./grammar/verbatim/source-text.js";
import type { JsonFormat, OutputFormat } from "./request.js";

/** An application has few schemas; a service with made-up ones must not grow without bound. */
const KEPT_GRAMMARS = 32;
/** Records come one after another: what copies from one is soon of no use. */
const KEPT_SOURCES = 4;
const KEPT_COPYING_GRAMMARS = 8;

export class GrammarCache {
  readonly #grammars = new RecentlyUsed<Grammar>(KEPT_GRAMMARS);
  readonly #copyingGrammars = new RecentlyUsed<Grammar>(KEPT_COPYING_GRAMMARS);
  readonly #sources = new RecentlyUsed<{ id: number; text: SourceText }>(KEPT_SOURCES);
  #lastId = 0;

  constructor(private readonly vocabulary: Vocabulary) {}

  /** Undefined where the format is none that a grammar enforces. */
  grammar(format: OutputFormat): Grammar | undefined {
    if (format.type === "json") return this.#json(format);
    if (format.type !== "regex") return undefined;
    return this.#grammars.get(format.pattern, () => compileRegex(format.pattern, this.vocabulary));
  }

  #json({ schema, order, onUnsupported, sources = {} }: JsonFormat): Grammar {
    const prepared = Object.entries(sources).map(([name, text]) => ({ name, ...this.#prepare(text) }));
    const key = JSON.stringify([schema, order, onUnsupported, prepared.map(({ name, id }) => [name, id])]);
    const kept = prepared.length === 0 ? this.#grammars : this.#copyingGrammars;
    return kept.get(key, () =>
      compileJsonSchema(schema, this.vocabulary, {
        order,
        onUnsupported,
        ...(prepared.length > 0 && { sources: Object.fromEntries(prepared.map(({ name, text }) => [name, text])) }),
      }),
    );
  }

  #prepare(text: string): { id: number; text: SourceText } {
    return this.#sources.get(text, () => ({ id: ++this.#lastId, text: new SourceText(text) }));
  }
}

/** The latest values, by key. */
class RecentlyUsed<Value> {
  readonly #values = new Map<string, Value>();

  constructor(private readonly capacity: number) {}

  get(key: string, create: () => Value): Value {
    const value = this.#values.get(key) ?? create();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.capacity) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }
}
