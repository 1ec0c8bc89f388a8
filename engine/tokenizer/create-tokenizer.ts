// Builds the `Tokenizer` of a checkpoint: vocabulary, pre-tokenizer, byte-pair encoder and chat template in one.
import type { MetadataValue } from "../checkpoint/checkpoint.js";
import { TokenizerError } from "../error/tokenizer-error.js";
import { createWordEncoder } from "./byte-pair-encoder.js";
import { createChatTemplate, type ChatTemplate, type RenderedPart } from "./chat-template.js";
import { createPartEncoder } from "./part-encoder.js";
import { createPreTokenizer } from "./pre-tokenizer.js";
import { createStreamDecoder } from "./stream-decoder.js";
import type { ChatMessage, ChatPrompt, ChatPromptOptions, OpenText, Tokenizer } from "./tokenizer.js";
import { readVocabulary, type Vocabulary } from "./vocabulary.js";

const WHITE_SPACE = /^\p{White_Space}+$/u;

/**
 * Builds the tokenizer that a GGUF's metadata describes (`tokenizer.ggml.*`, `tokenizer.chat_template`).
 *
 * Ids are those of llama.cpp on plain text. Text is not normalised: Hugging Face's Qwen2 composes characters (NFC)
 * first, but then `decode(encode(text))` is not the text, and copies and offsets no longer match the source.
 * Lone surrogates, and characters that need a byte the vocabulary lacks, are read as U+FFFD.
 *
 * @throws TokenizerError where the metadata is incomplete or of a kind that is not supported.
 */
export function createTokenizer(metadata: ReadonlyMap<string, MetadataValue>): Tokenizer {
  const vocabulary = readVocabulary(metadata);
  const encodeOpen = createTextEncoder(vocabulary);
  const encode = (text: string): number[] => encodeOpen(text).ids;
  const encodeParts = createPartEncoder(vocabulary.marks, encode);
  const { tokenBytes } = vocabulary;
  let template: ChatTemplate | undefined;
  return {
    vocabularySize: vocabulary.size,
    endTokens: vocabulary.endTokens,
    tokenBytes,
    encode,
    encodeOpen,
    encodeMarks: (text) => encodeParts([{ origin: "template", text }]),
    decode(tokens) {
      const decoder = createStreamDecoder({ tokenBytes });
      return tokens.map((token) => decoder.push(token)).join("") + decoder.end();
    },
    encodeChat(messages, options = {}): ChatPrompt {
      template ??= vocabularyTemplate(vocabulary);
      const parts = chatParts(vocabulary, template, messages, options);
      return { text: parts.map((part) => part.text).join(""), tokens: encodeParts(parts) };
    },
  };
}

/**
 * Words are cut from left to right. What follows a text can change its last word, and the word before where more than
 * one character is looked at: in white space, and after an apostrophe, which may begin a contraction.
 */
function createTextEncoder(vocabulary: Vocabulary): (text: string) => OpenText {
  const visitWords = createPreTokenizer(vocabulary.preTokenizer);
  const encodeWord = createWordEncoder(vocabulary);
  return (text) => {
    const ids: number[] = [];
    let settledCount = 0;
    let previous = "";
    visitWords(text.toWellFormed(), (word) => {
      const isJoined = previous === "'" || (WHITE_SPACE.test(previous) && WHITE_SPACE.test(word));
      if (!isJoined) settledCount = ids.length;
      previous = word;
      for (const id of encodeWord(word)) ids.push(id);
    });
    return { ids, settledCount };
  };
}

function vocabularyTemplate({ chatTemplate, bosToken = "", eosToken = "" }: Vocabulary): ChatTemplate {
  if (chatTemplate === undefined) {
    throw new TokenizerError("The model file has no chat template (tokenizer.chat_template).", {
      hint: "Use the instruct variant of the model, or a conversion that kept its template.",
    });
  }
  return createChatTemplate(chatTemplate, { bos_token: bosToken, eos_token: eosToken });
}

function chatParts(
  { addBos, bosToken }: Vocabulary,
  template: ChatTemplate,
  messages: readonly ChatMessage[],
  { replyPrefix = "" }: ChatPromptOptions,
): RenderedPart[] {
  const parts = template.render(messages);
  const first = parts[0];
  if (addBos && bosToken !== undefined && !first.text.startsWith(bosToken)) first.text = bosToken + first.text;
  const last = parts[parts.length - 1];
  last.text += withoutRepeatedOpening(last.text, replyPrefix);
  return parts;
}

/** Newer templates of thinking models open the thinking themselves; a reply prefix that does so too must not repeat it. */
function withoutRepeatedOpening(rendered: string, replyPrefix: string): string {
  const opening = /<think>\s*$/.exec(rendered)?.[0] ?? "";
  if (!replyPrefix.startsWith("<think>") || opening === "") return replyPrefix;
  let shared = 0;
  while (shared < opening.length && opening[shared] === replyPrefix[shared]) shared++;
  return replyPrefix.slice(shared);
}
