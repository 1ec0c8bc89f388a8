// Probabilities of the model itself: of all tokens, before masks and temperature.

/** Terms below the largest by more than this add less than f32 can hold. */
const NEGLIGIBLE = 25;

/** log(sum(exp(logits))): subtract it from a logit to get the token's log probability. `logits` is [vocabulary] f32. */
export function logSumExp(logits: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if (logits[i] > largest) largest = logits[i];
  const floor = largest - NEGLIGIBLE;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) if (logits[i] > floor) sum += Math.exp(logits[i] - largest);
  return largest + Math.log(sum);
}
