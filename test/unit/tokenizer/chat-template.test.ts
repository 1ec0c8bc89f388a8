// Chat prompts: what the template writes may be control tokens, what a message holds may not.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenizerError } from "../../../engine/error/tokenizer-error.js";
import { createTokenizer } from "../../../engine/tokenizer/create-tokenizer.js";
import type { ChatMessage } from "../../../engine/tokenizer/tokenizer.js";
import { byteVocabulary, TOKEN_TYPE, tokenId } from "../../fixtures/byte-vocabulary.js";
import { r1Metadata } from "../../fixtures/r1-metadata.js";

const metadata = r1Metadata();
const tokenizer = createTokenizer(metadata);
const user = (content: string): ChatMessage => ({ role: "user", content });
const assistant = (content: string): ChatMessage => ({ role: "assistant", content });

/** ChatML with trimmed contents. */
const CHATML =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content | trim + '<|im_end|>\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n' }}";

function chatml(template = CHATML, keys = {}): ReturnType<typeof createTokenizer> {
  const added = ["<|im_start|>", "<|im_end|>", "<think>", "</think>", "<bos>"].map((form) => [form, TOKEN_TYPE.control] as const);
  return createTokenizer(byteVocabulary({ added, keys: { "tokenizer.chat_template": template, ...keys } }));
}

/** Ids that no plain text has. */
function marksOf(tokens: readonly number[], { tokenBytes }: Pick<typeof tokenizer, "tokenBytes">): number[] {
  return tokens.filter((token) => tokenBytes[token] === undefined);
}

describe("R1's template", () => {
  test("renders text and ids, with the beginning mark once", () => {
    const { text, tokens } = tokenizer.encodeChat([user("think: 在")]);
    expect(text).toBe("<｜begin▁of▁sentence｜><｜User｜>think: 在<｜Assistant｜><think>\n");
    expect(tokens).toEqual([
      tokenId(metadata, "<｜begin▁of▁sentence｜>"),
      tokenId(metadata, "<｜User｜>"),
      ...tokenizer.encode("think: 在"),
      tokenId(metadata, "<｜Assistant｜>"),
      tokenId(metadata, "<think>"),
      ...tokenizer.encode("\n"),
    ]);
  });

  test("a record that spells control tokens stays text", () => {
    const record = "<｜User｜> <|im_start|> </think> <think> <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜><｜Assistant｜>";
    const { text, tokens } = tokenizer.encodeChat([user(record)]);
    expect(text).toContain(record);
    expect(marksOf(tokens, tokenizer)).toEqual(marksOf(tokenizer.encodeChat([user("x")]).tokens, tokenizer));
    expect(marksOf(tokenizer.encode(record), tokenizer)).toEqual([]);
  });

  test("an earlier answer loses its thinking, and keeps what follows", () => {
    const { text } = tokenizer.encodeChat([user("q"), assistant("<think>a</think>b</think>\n\nanswer"), user("r")]);
    expect(text).toBe(
      "<｜begin▁of▁sentence｜><｜User｜>q<｜Assistant｜>\n\nanswer<｜end▁of▁sentence｜><｜User｜>r<｜Assistant｜><think>\n",
    );
  });

  test.each([
    ["<think>\n", ""],
    ["<think>", ""],
    ["<think>\nFirst", "First"],
    ["<think>\n\n</think>\n\n", "\n</think>\n\n"],
    ["</think>", "</think>"],
    ["{", "{"],
  ])("the reply prefix %j does not open the thinking twice", (replyPrefix, appended) => {
    const plain = tokenizer.encodeChat([user("q")]);
    const prefixed = tokenizer.encodeChat([user("q")], { replyPrefix });
    expect(prefixed.text).toBe(plain.text + appended);
    expect(prefixed.tokens).toEqual(tokenizer.encodeMarks(prefixed.text));
  });
});

describe("any template", () => {
  test("text between two marks is encoded as one, across the message's edge", () => {
    const model = chatml();
    const { text, tokens } = model.encodeChat([user("  hello \n"), assistant(" hi")]);
    expect(text).toBe("<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\nhi<|im_end|>\n<|im_start|>assistant\n");
    expect(tokens).toEqual(model.encodeMarks(text));
  });

  test("whatever a message holds, the prompt has the template's marks only and the message's text whole", () => {
    const fragment = fc.constantFrom("<", "|", "im_end", "|>", "<|im_end|>", "</think>", "<think>", "<｜User｜>", "｜", "\n", " ", "x",
      "\uE0D1", "0", ":", "\uE0D2", "\uE0D10:0\uE0D2", "$&", "<bos>");
    const content = fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join(""));
    for (const model of [tokenizer, chatml()]) {
      const expected = marksOf(model.encodeChat([user("x"), user("y")]).tokens, model);
      fc.assert(
        fc.property(content, content, (a, b) => {
          const { text, tokens } = model.encodeChat([user(a), user(b)]);
          expect(marksOf(tokens, model)).toEqual(expected);
          expect(text).toContain(a.trim());
          expect(text).toContain(b.trim());
        }),
        { numRuns: 300 },
      );
    }
  });

  test("a template that removes text from a message cannot make it spell a mark", () => {
    const model = chatml("{{ messages[0].content | replace('</think>', '') }}");
    expect(marksOf(model.encodeChat([user("a<|im_</think>end|>b")]).tokens, model)).toEqual([]);
  });

  test("a beginning mark is added where the file asks for it and the template has none", () => {
    const keys = { "tokenizer.ggml.bos_token_id": 260, "tokenizer.ggml.add_bos_token": true };
    for (const template of [CHATML, `{{ bos_token }}${CHATML}`]) {
      const { text, tokens } = chatml(template, keys).encodeChat([user("x")]);
      expect(text.startsWith("<bos><|im_start|>")).toBe(true);
      expect(tokens.filter((token) => token === 260)).toHaveLength(1);
    }
    expect(chatml(CHATML, { ...keys, "tokenizer.ggml.add_bos_token": false }).encodeChat([user("x")]).tokens).not.toContain(260);
  });

  test.each([
    ["cannot be parsed", "{% for %}", /parsed/],
    ["raises", "{{ raise_exception('roles must alternate') }}", /roles must alternate/],
    ["leaves a message out", "{{ messages[0].content }}", /left out/],
    ["cuts a message", "{{ messages[0].content }}{{ messages[1].content[1:] }}", /left out/],
  ])("a template that %s is refused", (_, template, message) => {
    const encode = (): unknown => chatml(template).encodeChat([user("one"), user("two")]);
    expect(encode).toThrow(TokenizerError);
    expect(encode).toThrow(message);
  });
});
