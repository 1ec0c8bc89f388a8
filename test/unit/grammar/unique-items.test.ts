// Items that must differ, at scale: what a long list costs, and that masks say what may be written.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { compileJsonSchema } from "../../../engine/grammar/json-schema.js";
import { createVocabulary } from "../../../engine/grammar/mask/vocabulary.js";
import type { Matcher } from "../../../engine/grammar/matcher.js";
import { SourceText } from "../../../engine/grammar/verbatim/source-text.js";
import { acceptsToken } from "../../fixtures/accepts-text.js";
import { allowedTokens } from "../../fixtures/grammar-vocabulary.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const FRAGMENTS = ["1,1]", "1,1,", "1,1,2", "1,2]", "1,12", "0,0", "0,1", "5,1,", "true,true]", "true,false", '"a","a"]', '"a","b"]', 'a","a', 'a","b","', '","', '",""]', '",'];
const encoder = new TextEncoder();
const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
const vocabulary = createVocabulary([undefined, ...bytes, ...FRAGMENTS.map((text) => encoder.encode(text))], [0]);

function start(schema: { [keyword: string]: unknown }, document?: string): Matcher {
  const sources = document === undefined ? undefined : { document: new SourceText(document) };
  return compileJsonSchema({ type: "array", uniqueItems: true, ...schema }, vocabulary, { style: "compact", sources }).start();
}

function write(matcher: Matcher, text: string): Matcher {
  return encoder.encode(text).reduce((at, byte) => at.accept(byte + 1), matcher);
}

const short = { type: "string", maxLength: 1, pattern: "^[a-e]?$" };
test.each([
  [{ items: { type: "integer" } }, "[1,0,12,5,10]"],
  [{ items: { type: "integer" }, minItems: 3 }, "[1,0,12,5,10]"],
  [{ items: { type: ["boolean", "integer"] } }, "[1,true,0,false]"],
  [{ items: { type: "boolean" } }, "[true,false]"],
  [{ items: { type: "string" } }, '["a","","b","aa"]'],
  [{ items: { type: "string", maxLength: 1 } }, '["a","","b"]'],
  [{ items: short }, '["a","","b"]'],
  [{ items: { enum: ["a", "b", "c"] } }, '["a","c","b"]'],
  [{ items: { anyOf: [{ type: "string" }, { type: "integer" }] }, maxItems: 4 }, '["a",1,"b",0]'],
])("%j: masks are the tokens that can be accepted", (schema, text) => {
  const tokens = vocabulary.tokenBytes.map((_, token) => token);
  let matcher = start(schema);
  for (const byte of [...encoder.encode(text), 0]) {
    expect(allowedTokens(matcher.mask())).toEqual(tokens.filter((token) => acceptsToken(matcher, token)));
    for (const budget of [0, 3, 6, 12]) for (const token of allowedTokens(matcher.mask(budget))) expect(acceptsToken(matcher, token)).toBe(true);
    matcher = matcher.accept(byte === 0 ? 0 : byte + 1);
  }
});

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test("a long list costs the same for each item", () => {
  const before = heapBytes();
  let matcher = write(start({ items: { type: "integer" } }), "[0");
  for (let item = 1; item < 3000; item++) {
    matcher = write(matcher, `,${item}`);
    if (item % 10 === 0) expect(allowedTokens(matcher.mask()).length).toBeGreaterThan(10);
  }
  expect(acceptsToken(write(matcher, ",299"), ",".charCodeAt(0) + 1)).toBe(false);
  expect(acceptsToken(write(matcher, ",3000"), ",".charCodeAt(0) + 1)).toBe(true);
  expect((heapBytes() - before) / 2 ** 20).toBeLessThan(100);
  expect(matcher.position).toBeGreaterThan(13_000);
});

test("a long item costs the same for each of its bytes", () => {
  const before = heapBytes();
  const matcher = write(start({ items: { type: "string" } }), `["${"x y".repeat(2000)}`);
  expect((heapBytes() - before) / 2 ** 20).toBeLessThan(15);
  expect(matcher.position).toBe(6002);
});

test.each(['["Foo","foo"]', '["Foo","FOO"]', '["bar","ｂar"]', '["Foo bar","foo BAR"]'])("copies in other letters are the same item: %s", (text) => {
  const copies = { items: { type: "string", "x-verbatim": true } };
  const document = "Foo bar. FOO baz foo";
  expect(() => write(start(copies, document), text)).toThrow(RangeError);
  expect(write(start(copies, document), '["Foo","baz","Foo bar"]').isComplete()).toBe(true);
});
