// What the drafter proposes: which places it copies from, how it cuts what it copies, and when it does not try.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Acceptance } from "../../../engine/draft/acceptance.js";
import { tokenKind } from "../../../engine/draft/draft-kind.js";
import type { Drafter } from "../../../engine/draft/drafter.js";
import { Drafts } from "../../../engine/draft/drafts.js";
import { RepeatIndex } from "../../../engine/draft/repeat-index.js";
import { createTokenizer } from "../../../engine/tokenizer/create-tokenizer.js";
import { byteVocabulary } from "../../fixtures/byte-vocabulary.js";

const MOST = 12;
const ROW_COST = 0.14;
const WORDS = ["Acme", "Hold", "ings", "Ltd", "the", "Agreement", "with", "seller", "buyer"];
const tokenizer = createTokenizer(
  byteVocabulary({ merges: [...WORDS.flatMap(mergesOf), '" ,', 'Ġ "', '" :', "Ġ Acme", "Ġ Hold", "Ġ Ltd", "Ġ the", "Ġ Agreement", "Ġ with"], keys: { "tokenizer.chat_template": "{{ messages[0].content }}", "tokenizer.ggml.eos_token_id": 0 } }),
);

/** The word from its first two letters on, letter by letter. */
function mergesOf(word: string): string[] {
  return [...word].slice(1).map((letter, i) => `${word.slice(0, i + 1)} ${letter}`);
}

function begin(prompt: string, reply: string, { format = "json", drafts = new Drafts(tokenizer) }: { format?: "json" | "text"; drafts?: Drafts } = {}): Drafter {
  const drafter = drafts.begin(tokenizer.encode(prompt), format);
  write(drafter, reply);
  return drafter;
}

function write(drafter: Drafter, text: string): void {
  for (const id of tokenizer.encode(text)) drafter.push(id);
}

/** No rows are dear: as far as it goes. */
function longest(drafter: Drafter): string {
  return tokenizer.decode([...drafter.propose(MOST, 0)]);
}

function bytesOf(tokens: readonly number[]): Buffer {
  return Buffer.concat(tokens.map((id) => tokenizer.tokenBytes[id]!));
}

function endsInsideCharacter(tokens: readonly number[]): boolean {
  return bytesOf(tokens).toString().endsWith("\u{FFFD}");
}

describe("copies from the prompt", () => {
  const prompt = "seller: Acme Holdings Ltd,\n   Hamburg. This is the \"Agreement\" with C:\\data and more of it to come";

  test("go on where the value agrees, though it began after a quote", () => {
    const drafter = begin(prompt, '{"seller": "Acme');
    const drafted = drafter.propose(3, 0);
    expect(tokenizer.decode([...drafted])).toBe(" Holdings Ltd");
    expect([...tokenizer.encode('{"seller": "Acme'), ...drafted]).toEqual(tokenizer.encode('{"seller": "Acme Holdings Ltd'));
  });

  test("are written as JSON has them, white space as one space", () => {
    expect(longest(begin(prompt, '{"seller": "Acme Holdings Ltd'))).toMatch(/^, Hambur/u);
    expect(longest(begin(prompt, '{"what": "This is the'))).toMatch(/^ \\"Agreement\\" with/u);
    expect(longest(begin(prompt, '{"what": "the \\"Agreement\\" wi'))).toMatch(/^th C:\\\\data/u);
    expect(longest(begin(prompt, '{"what": "with C:\\\\da'))).toMatch(/^ta and/u);
  });

  test("of plain text keep its quotes", () => {
    expect(longest(begin(prompt, "It is the", { format: "text" }))).toMatch(/^ "Agreement" with/u);
  });

  test("follow the longest match, and the latest of equals", () => {
    const places = "the buyer Acme Ltd one; the seller Acme Ltd two; the buyer Acme Ltd six; x";
    expect(longest(begin(places, '{"a": "the seller Acme Ltd'))).toMatch(/^ two/u);
    expect(longest(begin(places, '{"a": "the buyer Acme Ltd'))).toMatch(/^ six/u);
  });

  test("begin when the value has begun, though the signs before it are drafted", () => {
    const drafter = begin("Acme Holdings Ltd, Hamburg", '{"seller": "Acme Holdings Ltd", "buyer":');
    expect(tokenizer.decode([...drafter.propose(MOST, ROW_COST)])).toBe(' "');
    write(drafter, ' "');
    expect(drafter.propose(MOST, ROW_COST)).toEqual([]);
    write(drafter, "Hold");
    expect(longest(drafter)).toMatch(/^ings Ltd,/u);
  });

  test("are none where nothing agrees, and end with the prompt", () => {
    expect(longest(begin(prompt, '{"seller": "Zzyzx'))).toBe("");
    expect(longest(begin("Acme Ltd", '{"seller": "Acme Ltd'))).toBe("");
    expect(longest(begin("", '{"seller": "Acme Ltd'))).toBe("");
  });

  test("complete a character of which a token wrote the first bytes", () => {
    const drafter = begin("甲方：深圳市某某公司，乙方", '{"a": "深圳');
    const [first, second, third] = tokenizer.encode("市");
    drafter.push(first);
    expect(drafter.propose(4, 0).slice(0, 2)).toEqual([second, third]);
  });

  test("are cut as the tokenizer cuts them, wherever a reply stands", () => {
    const word = fc.constantFrom(...WORDS, "é", "深圳", "12", ",", ".", "(x)", "a");
    const texts = fc.array(word, { minLength: 4, maxLength: 30 }).map((words) => words.join(" "));
    let draftedCount = 0;
    fc.assert(
      fc.property(texts, fc.nat(), (text, at) => {
        const all = tokenizer.encode(text);
        const drafter = begin(text, "", { format: "text" });
        const written = all.slice(0, 1 + (at % all.length));
        for (const id of written) drafter.push(id);
        const drafted = [...drafter.propose(MOST, 0)];
        while (drafted.length > 0 && endsInsideCharacter(drafted)) drafted.pop();
        draftedCount += drafted.length;
        const whole = bytesOf([...written, ...drafted]);
        // What follows may have changed the cut of what is written, but not of what is drafted.
        const wanted = tokenizer.encodeOpen(whole.toString()).ids;
        if (drafted.length > 0) expect(wanted.slice(-drafted.length)).toEqual(drafted);
      }),
    );
    expect(draftedCount).toBeGreaterThan(200);
  });
});

describe("copies from replies to the same prompt", () => {
  const earlier = '{"seller": "Acme Ltd", "buyer": "the Holdings Ltd", "with": 12}';

  test("go through keys and values, of a reply that is still written too", () => {
    const drafts = new Drafts(tokenizer);
    const [first, second] = [begin("prompt", "", { drafts }), begin("prompt", "", { drafts })];
    write(second, '{"seller": "');
    expect(longest(second)).toBe("");
    write(first, earlier);
    expect(longest(second)).toBe(tokenizer.decode(tokenizer.encode(earlier).slice(5, 5 + MOST)));
    write(second, 'Ltd", "buyer": "');
    expect(longest(second)).toMatch(/^the Holdings Ltd", "with/u);
  });

  test("not of another prompt, nor of one long gone", () => {
    const drafts = new Drafts(tokenizer);
    begin("prompt", earlier, { drafts });
    expect(longest(begin("another", '{"seller": "', { drafts }))).toBe("");
    expect(longest(begin("prompt", '{"seller": "', { drafts }))).toMatch(/^Acme/u);
    for (let i = 0; i < 20; i++) begin(`prompt ${i}`, "", { drafts });
    expect(longest(begin("prompt", '{"seller": "', { drafts }))).toBe("");
  });
});

describe("how much is tried", () => {
  const prompt = "the seller Acme Holdings Ltd with the buyer and more of it";

  test("no more than asked for, and less where rows are dear", () => {
    const drafter = begin(prompt, '{"a": "the seller Acme');
    expect(drafter.propose(2, 0)).toHaveLength(2);
    const counts = [0, 0.05, 0.3, 2].map((rowCost) => drafter.propose(MOST, rowCost).length);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(counts[0]).toBe(MOST);
    expect(counts[3]).toBe(0);
  });

  test("less after drafts that were wrong", () => {
    const drafts = new Drafts(tokenizer);
    const count = (): number => begin(prompt, '{"a": "the seller Acme', { drafts }).propose(MOST, ROW_COST).length;
    const verify = (text: string): void => {
      const drafter = begin(prompt, '{"a": "the seller Acme', { drafts });
      drafter.propose(MOST, ROW_COST);
      write(drafter, text);
    };
    const before = count();
    expect(before).toBeGreaterThan(0);
    // Replies are drafted from too: each of these goes on in its own way.
    for (let i = 0; i < 200; i++) verify(`${i}`);
    expect(count()).toBeLessThan(before);
  });

  test("the most tokens for the time of the pass", () => {
    const acceptance = new Acceptance();
    const kind = tokenKind({ matchedTokens: 20, source: "reply", isStructure: false });
    for (let i = 0; i < 2000; i++) acceptance.count(kind, i % 2 === 0);
    expect(acceptance.share(kind)).toBeCloseTo(0.5, 1);
    const kinds = Array.from({ length: 10 }, () => kind);
    const rates = kinds.map((_, i) => (2 - 0.5 ** (i + 1)) / (1 + 0.2 * (i + 1)));
    const { count, rate } = acceptance.worth(kinds, 0.2 / 1.4);
    expect(count).toBe(rates.indexOf(Math.max(...rates)) + 1);
    expect(rate).toBeCloseTo(Math.max(...rates), 1);
    for (let i = 0; i < 2000; i++) acceptance.count(kind, false);
    expect(acceptance.worth(kinds, 0.2 / 1.4)).toEqual({ count: 0, rate: 1 });
  });
});

test("the index finds what a search of all places finds", () => {
  const symbols = fc.array(fc.nat(2), { maxLength: 40 });
  fc.assert(
    fc.property(symbols, fc.array(fc.nat(2), { maxLength: 12 }), (text, context) => {
      const index = new RepeatIndex({ runs: [5, 2], maxMatch: 7, size: 4 });
      for (const symbol of text) index.append(symbol);
      const places = text.map((_, end) => {
        let matched = 0;
        while (matched < Math.min(7, end, context.length) && text[end - 1 - matched] === context[context.length - 1 - matched]) matched++;
        return { end, matched };
      });
      const longestMatch = Math.max(0, ...places.map(({ matched }) => matched));
      const equals = places.filter(({ matched }) => matched === longestMatch);
      const wanted = longestMatch < 2 ? undefined : { end: equals[equals.length - 1].end, matched: longestMatch, placeCount: equals.length };
      expect(index.find(context)).toEqual(wanted);
      expect(Array.from(index.slice(0, text.length))).toEqual(text);
    }),
  );
});
