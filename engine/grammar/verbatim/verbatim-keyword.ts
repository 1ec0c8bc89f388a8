// The schema keyword `x-verbatim`: read, checked, and made into the lexeme that enforces it.
import { isSchemaObject, refuse } from "../schema/keyword-table.js";
import { fittingSpans, foundSpans, ListedSpans } from "./listed-spans.js";
import type { SourceText } from "./source-text.js";
import { type SpanSet, WordSpans } from "./span-set.js";
import { VerbatimLexeme } from "./verbatim-lexeme.js";

const KEYWORD = "x-verbatim";

/** What strings may be copied from, by name. */
export type Sources = Readonly<Record<string, SourceText>>;

/** What the keyword may say: `true`, or an object of some of these. */
interface VerbatimOptions {
  /** Default: "document". */
  source: string;
  /** Whether a span begins and ends with whole words. Default: true, but with a `pattern` false. */
  wholeWords: boolean;
  /** Code points of the source's own form, white space collapsed. */
  maxLength: number;
  /** Only what this regular expression (with flags i, m, s where given) finds in the source may be copied. */
  pattern: { source: string; flags: string } | undefined;
}

export interface VerbatimKeyword {
  /** Its value. */
  keyword: unknown;
  /** JSON pointer to the schema that has it. */
  path: string;
  sources: Sources;
}

/** What the same schema says beside the keyword. */
export interface StringBounds {
  minLength: number;
  /** Infinity where there is no bound. */
  maxLength: number;
  /** A test that every string must pass as it is written; the key tells tests apart. */
  test?: { key: string; passes(text: string): boolean };
}

function readOptions({ keyword: value, path }: VerbatimKeyword): VerbatimOptions {
  const options = value === true ? {} : value;
  if (!isSchemaObject(options)) refuse(path, KEYWORD, "it must be true or an object.");
  const { source = "document", pattern, flags = "", maxLength = Infinity, wholeWords = pattern === undefined, ...rest } = options;
  for (const name of Object.keys(rest)) refuse(path, KEYWORD, `it has no option "${name}", only source, wholeWords, maxLength, pattern and flags.`);
  for (const [name, text] of Object.entries({ source, flags, pattern: pattern ?? "" })) {
    if (typeof text !== "string") refuse(path, KEYWORD, `"${name}" must be a string.`);
  }
  if (!/^[ims]*$/u.test(flags as string)) refuse(path, KEYWORD, '"flags" may be i, m and s.');
  if (typeof wholeWords !== "boolean") refuse(path, KEYWORD, '"wholeWords" must be true or false.');
  if (maxLength !== Infinity && (!Number.isSafeInteger(maxLength) || (maxLength as number) < 1)) {
    refuse(path, KEYWORD, '"maxLength" must be a whole number, one or more.');
  }
  return {
    source: source as string,
    wholeWords,
    maxLength: maxLength as number,
    pattern: pattern === undefined ? undefined : { source: pattern as string, flags: flags as string },
  };
}

/**
 * The strings that the keyword allows and `bounds` admit. Without a test in the bounds, letter case and width are the
 * writer's; with one, a string is written as the source has it, because the test was made on that.
 * Where nothing fits, the lexeme is empty.
 *
 * @throws UnsupportedSchemaError where the source was not given, the pattern is none, or too much would have to be tested
 */
export function createVerbatimLexeme(keyword: VerbatimKeyword, bounds: StringBounds): VerbatimLexeme {
  const { path, sources } = keyword;
  const options = readOptions(keyword);
  const { source: name, wholeWords, pattern } = options;
  if (!Object.hasOwn(sources, name)) refuse(path, KEYWORD, `no source of the name ${JSON.stringify(name)} was given.`);
  const source = sources[name];
  const minLength = bounds.minLength;
  const maxLength = Math.min(options.maxLength, bounds.maxLength);
  const expression = pattern && compilePattern(pattern, path);
  const key = JSON.stringify([name, wholeWords, minLength, maxLength, pattern, bounds.test?.key]);
  return source.lexeme(key, () => {
    const text = source.folded(bounds.test ? "exact" : "loose");
    const within = { wholeWords, minLength, maxLength };
    return new VerbatimLexeme(name, text, spansOf());

    function spansOf(): SpanSet {
      const { test } = bounds;
      if (expression) {
        const found = [...foundSpans(text, expression, within)];
        return new ListedSpans(test ? found.filter(([start, end]) => test.passes(text.textOf(start, end))) : found);
      }
      if (!test) return new WordSpans(text, within);
      const fitting = fittingSpans(text, within, test.passes);
      if (!fitting) refuse(path, "pattern", "too many spans of the source would have to be tried; bound the string by maxLength.");
      return new ListedSpans(fitting);
    }
  });
}

function compilePattern({ source, flags }: { source: string; flags: string }, path: string): RegExp {
  try {
    return new RegExp(source, [...new Set(`gu${flags}`)].join(""));
  } catch (error) {
    return refuse(path, KEYWORD, `its pattern cannot be read: ${(error as Error).message}.`);
  }
}
