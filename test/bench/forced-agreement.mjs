// How far the tokens that the engine forced are those its tokenizer would have written; for benches and tests.

/**
 * Splits a reply's tokens into runs of forced ones and looks for each in the tokenizer's own ids of the finished text.
 *
 * @param {{ text: string, tokens: readonly { id: number, isForced: boolean }[] }} reply
 * @param {{ encode(text: string): number[], tokenBytes: readonly (Uint8Array | undefined)[] }} tokenizer
 * @returns {{ ids: number[], isCanonical: boolean }[]} the runs in the order of the text
 */
export function forcedRuns({ text, tokens }, tokenizer) {
  const byteCount = (id) => tokenizer.tokenBytes[id]?.length ?? 0;
  /** The tokenizer's ids by the byte they begin at. */
  const canonical = new Map();
  let at = 0;
  for (const id of tokenizer.encode(text)) {
    canonical.set(at, id);
    at += byteCount(id);
  }
  const runs = [];
  let open;
  at = 0;
  for (const { id, isForced } of tokens) {
    if (!isForced) {
      open = undefined;
    } else {
      if (!open) runs.push((open = { ids: [], isCanonical: true }));
      open.ids.push(id);
      open.isCanonical &&= canonical.get(at) === id;
    }
    at += byteCount(id);
  }
  return runs;
}
