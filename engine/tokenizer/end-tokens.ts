// Which tokens end a generation: those the file names, and marks known by their form, as llama.cpp has it
// (`special_eog_ids` in https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp).
import type { MetadataValue } from "../checkpoint/checkpoint.js";

const END_KEYS = ["eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep"];

/** A coder model that opens another file (`<|file_sep|>`, `<|repo_name|>`) has ended this text as well. */
const END_FORMS = [
  "<|im_end|>",
  "<|endoftext|>",
  "<｜end▁of▁sentence｜>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end_of_text|>",
  "<|end|>",
  "<EOT>",
  "<|EOT|>",
  "<|fim_pad|>",
  "<|repo_name|>",
  "<reponame>",
  "<|file_sep|>",
];

/** The end-of-sequence token the file names comes first. */
export function endTokens(
  metadata: ReadonlyMap<string, MetadataValue>,
  marks: ReadonlyMap<string, number>,
): readonly number[] {
  const stated = END_KEYS.map((key) => metadata.get(`tokenizer.ggml.${key}_token_id`));
  const known = END_FORMS.map((form) => marks.get(form));
  const ids = [...stated, ...known].filter((id) => id !== undefined).map(Number);
  return [...new Set(ids)];
}
