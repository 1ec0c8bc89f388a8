// Probabilities of the model itself: of all tokens, before masks and temperature.

/** Terms below e^-30 of the largest add nothing that f32 could hold, however many they are. */
const NEGLIGIBLE = 30;
/** Terms above e^-8 of the largest are computed exactly, the others from a table: `Math.exp` of a whole vocabulary takes ten times as long. */
const EXACT = 8;
const STEPS = 128;
const TABLE_LENGTH = NEGLIGIBLE * STEPS;
/** e^-x at the middle of each step, and 0 beyond. A step corrected by its slope is off by less than 8e-6 of the term. */
const TABLE = Float64Array.from({ length: TABLE_LENGTH + 1 }, (_, step) => (step === TABLE_LENGTH ? 0 : Math.exp(-(step + 0.5) / STEPS)));

/** log(sum(exp(logits))): subtract it from a logit to get the token's log probability. `logits` is [vocabulary] f32. */
export function logSumExp(logits: Float32Array, largest = largestOf(logits)): number {
  if (!Number.isFinite(largest)) return largest;
  const top = largest * STEPS;
  // Four sums: an addition need not wait for the one before it.
  let [a, b, c, d] = [0, 0, 0, 0];
  const even = logits.length & ~3;
  for (let id = 0; id < even; id += 4) {
    a += term(top - logits[id] * STEPS);
    b += term(top - logits[id + 1] * STEPS);
    c += term(top - logits[id + 2] * STEPS);
    d += term(top - logits[id + 3] * STEPS);
  }
  for (let id = even; id < logits.length; id++) a += term(top - logits[id] * STEPS);
  return largest + Math.log(a + b + c + d);
}

/** e^(-steps / STEPS) */
function term(steps: number): number {
  if (steps < EXACT * STEPS) return Math.exp(-steps / STEPS);
  const bounded = Math.min(steps, TABLE_LENGTH);
  const step = bounded | 0;
  return TABLE[step] * (1 + (step + 0.5 - bounded) / STEPS);
}

function largestOf(logits: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) if (logits[id] > largest) largest = logits[id];
  return largest;
}
