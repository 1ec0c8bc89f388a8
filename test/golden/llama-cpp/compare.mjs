// Compares a decoder with what llama.cpp said on the same file; used by the golden test and by bench:fidelity.

/** log(sum(exp(logits))), in double precision. */
export function logSumExp(logits) {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) largest = Math.max(largest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return largest + Math.log(sum);
}

export function indexOfLargest(logits) {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

/**
 * Teacher-forced: the decoder reads llama.cpp's own continuation of each prompt, and is asked at each position
 * for its most likely token and for its log probability of llama.cpp's token.
 */
export async function compareGoldens(decoder, goldens) {
  let positions = 0;
  let agreed = 0;
  let difference = 0;
  let largestDifference = 0;
  for (const { prompt, next, best, logProbabilities } of goldens) {
    decoder.restart();
    const logits = await decoder.forward([...prompt, ...next.slice(0, -1)], next.length);
    const { vocabularySize } = decoder.config;
    for (let i = 0; i < next.length; i++) {
      const row = logits.subarray(i * vocabularySize, (i + 1) * vocabularySize);
      const delta = Math.abs(row[next[i]] - logSumExp(row) - logProbabilities[i]);
      positions++;
      if (indexOfLargest(row) === best[i]) agreed++;
      difference += delta;
      largestDifference = Math.max(largestDifference, delta);
    }
  }
  return { positions, topAgreement: agreed / positions, meanDifference: difference / positions, largestDifference };
}
