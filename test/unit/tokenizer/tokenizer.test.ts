// The byte-pair tokenizer on small vocabularies; the real ones are in golden/tokenizer.test.ts.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenizerError } from "../../../engine/error/tokenizer-error.js";
import { createStreamDecoder } from "../../../engine/tokenizer/stream-decoder.js";
import { createTokenizer } from "../../../engine/tokenizer/create-tokenizer.js";
import { byteVocabulary, TOKEN_TYPE, tokenId } from "../../fixtures/byte-vocabulary.js";
import { r1Metadata } from "../../fixtures/r1-metadata.js";

const MERGES = ["b c", "a b", "a bc", "a a", "aa aa", "c a", "ab ab"];

const OPEN_MERGES = ["Ġ \"", "\" :", "a b", "ab ab", "Ċ Ċ", "Ġ Ġ", "ĠĠ ĠĠ", ", Ċ", "' l", "l l", "' ll", "Ġ a", "Ġa b", "\" ,", "{ \""];

describe.each(["qwen2", "smollm"])("the beginning of a text, %s", (pre) => {
  const tokenizer = createTokenizer(byteVocabulary({ pre, merges: OPEN_MERGES }));
  const piece = fc.constantFrom("a", "ab", "'", "l", "ll", "s", '"', ":", ",", "{", " ", "  ", "\n", "\r\n", "\t", "\u3000", "7", "é", "\u0301", "中", "😀", "𝔘");
  const text = fc.string({ unit: piece, maxLength: 12 });

  test("its settled ids are those of every text that begins so", () => {
    fc.assert(
      fc.property(text, text, (start, rest) => {
        const { ids, settledCount } = tokenizer.encodeOpen(start);
        expect(ids).toEqual(tokenizer.encode(start));
        expect(tokenizer.encode(start + rest).slice(0, settledCount)).toEqual(ids.slice(0, settledCount));
      }),
      { numRuns: 20_000 },
    );
  });

  const settled = (start: string): string => {
    const { ids, settledCount } = tokenizer.encodeOpen(start);
    return tokenizer.decode(ids.slice(0, settledCount));
  };

  test("only words at the end are unsettled", () => {
    expect(settled('{"ab": ')).toBe('{"ab":');
    expect(settled('{"ab": "')).toBe('{"ab":');
    expect(settled("ab \n  ")).toBe("ab");
    expect(settled("")).toBe("");
  });
});

/** Byte-pair encoding by its definition: look for the best pair, merge it, start over. */
function encodeSlowly(word: string): string[] {
  let symbols = [...word];
  for (;;) {
    const ranks = symbols.slice(1).map((right, i) => MERGES.indexOf(`${symbols[i]} ${right}`));
    const best = Math.min(...ranks.filter((rank) => rank >= 0));
    if (best === Infinity) return symbols;
    const at = ranks.indexOf(best);
    symbols = [...symbols.slice(0, at), symbols[at] + symbols[at + 1], ...symbols.slice(at + 2)];
  }
}

describe("byte pairs", () => {
  const metadata = byteVocabulary({ merges: MERGES });
  const tokenizer = createTokenizer(metadata);

  test("the earliest merge wins, then the leftmost", () => {
    expect(tokenizer.encode("abc")).toEqual([tokenId(metadata, "abc")]);
    expect(tokenizer.encode("aaa")).toEqual(["aa", "a"].map((form) => tokenId(metadata, form)));
  });

  test("any word is merged as the definition says", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(word, (text) => {
        expect(tokenizer.encode(text)).toEqual(encodeSlowly(text).map((form) => tokenId(metadata, form)));
      }),
      { numRuns: 500 },
    );
  });

  test("a text comes back from its ids, byte order mark and control characters included", () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom("\uFEFF", "\u0000", "\r\n", " ", "ab"), fc.string({ unit: "binary" })) });
    fc.assert(
      fc.property(text, (x) => {
        expect(tokenizer.decode(tokenizer.encode(x))).toBe(x);
      }),
    );
  });

  test("a lone surrogate is read as U+FFFD", () => {
    expect(tokenizer.decode(tokenizer.encode("a\uD800b"))).toBe("a\uFFFDb");
  });

  test("a character that needs a byte the vocabulary lacks is read as U+FFFD, not dropped", () => {
    const poor = createTokenizer(byteVocabulary({ missingBytes: [0x04, 0xf1] }));
    expect(poor.decode(poor.encode("a\u0004b\u{50000}c"))).toBe("a\uFFFDb\uFFFDc");
  });

  test("a run of a million letters is encoded", () => {
    const text = "abc".repeat(400_000);
    expect(tokenizer.encode(text)).toHaveLength(400_000);
  });
});

describe("marks", () => {
  test("text cannot become a control token, even where merges spell it", () => {
    const metadata = byteVocabulary({ merges: ["< e", "<e >"], added: [["<e>", TOKEN_TYPE.control]] });
    const tokenizer = createTokenizer(metadata);
    const control = tokenId(metadata, "<e>");
    expect(tokenizer.encode("<e>")).toEqual(["<e", ">"].map((form) => tokenId(metadata, form)));
    expect(tokenizer.encodeMarks("a<e>b")).toEqual(["a", "<e>", "b"].map((form) => tokenId(metadata, form)));
    expect(tokenizer.tokenBytes[control]).toBeUndefined();
    expect(tokenizer.decode([control])).toBe("");
  });

  test("an added token stated as a normal one is still a mark, an unused one is not", () => {
    const metadata = byteVocabulary({ added: [["<think>", TOKEN_TYPE.normal], ["[PAD1]", TOKEN_TYPE.unused]] });
    const tokenizer = createTokenizer(metadata);
    expect(tokenizer.encodeMarks("<think>")).toEqual([tokenId(metadata, "<think>")]);
    expect(tokenizer.encode("<think>")).toHaveLength(7);
    expect(tokenizer.encodeMarks("[PAD1]")).toHaveLength(6);
    expect(tokenizer.tokenBytes[tokenId(metadata, "[PAD1]")]).toBeUndefined();
  });

  test("the longest mark wins", () => {
    const metadata = byteVocabulary({ added: [["<a", TOKEN_TYPE.control], ["<a>", TOKEN_TYPE.control]] });
    expect(createTokenizer(metadata).encodeMarks("<a>")).toEqual([tokenId(metadata, "<a>")]);
  });

  test("generation ends at the file's end token first, then at marks known by their form", () => {
    const metadata = r1Metadata();
    const ids = ["<｜end▁of▁sentence｜>", "<|EOT|>"].map((form) => tokenId(metadata, form));
    expect(createTokenizer(metadata).endTokens).toEqual(ids);
  });
});

describe("decoding a stream", () => {
  const metadata = r1Metadata();
  const tokenizer = createTokenizer(metadata);

  test("each piece is whole characters, and the pieces are the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const decoder = createStreamDecoder(tokenizer);
        const pieces = tokenizer.encode(text).map((token) => decoder.push(token));
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
        expect(pieces.join("")).toBe(text);
        expect(decoder.end()).toBe("");
      }),
    );
  });

  test("bytes that are no UTF-8 become U+FFFD, as in decode", () => {
    const cut = tokenizer.encode("x😀").slice(0, 3);
    const decoder = createStreamDecoder(tokenizer);
    expect(cut.map((token) => decoder.push(token)).join("")).toBe("x");
    expect(decoder.end()).toBe("\uFFFD");
    expect(tokenizer.decode(cut)).toBe("x\uFFFD");
  });
});

const without = (key: string): Map<string, unknown> => new Map([...byteVocabulary()].filter(([name]) => name !== key));

describe("metadata that cannot be used", () => {
  const refusals: [string, Map<string, unknown>, RegExp][] = [
    ["another kind of tokenizer", byteVocabulary({ keys: { "tokenizer.ggml.model": "llama" } }), /llama/],
    ["an unknown pre-tokenizer", byteVocabulary({ pre: "tekken" }), /tekken.*qwen2/],
    ["no pre-tokenizer", without("tokenizer.ggml.pre"), /pre-tokenizer/],
    ["no tokens", byteVocabulary({ keys: { "tokenizer.ggml.tokens": 5 } }), /tokenizer\.ggml\.tokens/],
    ["a merge of one", byteVocabulary({ keys: { "tokenizer.ggml.merges": ["ab"] } }), /"ab"/],
    ["types that do not fit", byteVocabulary({ keys: { "tokenizer.ggml.token_type": [1] } }), /1 token types/],
  ];
  test.each(refusals)("%s", (_, metadata, message) => {
    const create = (): unknown => createTokenizer(metadata as ReturnType<typeof byteVocabulary>);
    expect(create).toThrow(TokenizerError);
    expect(create).toThrow(message);
  });

  test("no chat template: plain text still works", () => {
    const tokenizer = createTokenizer(byteVocabulary());
    expect(tokenizer.decode(tokenizer.encode("plain"))).toBe("plain");
    expect(() => tokenizer.encodeChat([{ role: "user", content: "x" }])).toThrow(/no chat template/);
  });
});
