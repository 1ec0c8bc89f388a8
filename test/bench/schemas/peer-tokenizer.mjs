// The model's tokenizer in the form of Hugging Face's tokenizer.json, from the same metadata that ours is made of, for llguidance.

const PATTERNS = {
  qwen2:
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

export function describeTokenizer(metadata) {
  const forms = metadata.get("tokenizer.ggml.tokens");
  const types = metadata.get("tokenizer.ggml.token_type");
  const pattern = PATTERNS[metadata.get("tokenizer.ggml.pre")];
  if (!pattern) throw new RangeError(`The comparison knows vocabularies of these kinds only: ${Object.keys(PATTERNS).join(", ")}.`);
  const added = [...forms.keys()].filter((id) => types[id] === CONTROL || types[id] === USER_DEFINED);
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: "1.0",
    added_tokens: added.map((id) => ({
      id,
      content: forms[id],
      special: types[id] === CONTROL,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false }, byteLevel] },
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      vocab: Object.fromEntries([...forms.keys()].filter((id) => types[id] === NORMAL).map((id) => [forms[id], id])),
      merges: metadata.get("tokenizer.ggml.merges"),
    },
  };
}
