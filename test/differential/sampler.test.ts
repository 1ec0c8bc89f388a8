// The sampler looks at few tokens of a row; one that looks at all of them, in the plainest way, draws the same.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Sampling } from "../../engine/request.js";
import { logSumExp } from "../../engine/sampler/log-probabilities.js";
import { LogitsRow } from "../../engine/sampler/logits-row.js";
import { createRandom } from "../../engine/sampler/random.js";
import { Sampler, type SampledToken } from "../../engine/sampler/sampler.js";

/** Above the size from which masks are treated as large ones. */
const VOCABULARY = 9001;

function plainSample(logits: Float32Array, mask: ReadonlySet<number>, sampling: Sampling, random: () => number): SampledToken {
  const { temperature, topK = 0, topP = 1, minP = 0 } = sampling;
  const allowed = [...logits.keys()].filter((id) => mask.has(id));
  const ranked = allowed.toSorted((a, b) => logits[b] - logits[a] || a - b);
  const best = logits[ranked[0]];
  const normaliser = plainLogSumExp(logits);
  if (temperature === 0) return { id: ranked[0], logprob: best - normaliser };
  const weight = (id: number): number => Math.exp((logits[id] - best) / temperature);
  const floor = best + temperature * Math.max(-30, Math.log(minP));
  const isCut = topK > 0 && topK < allowed.filter((id) => logits[id] >= floor).length;
  let ids = (isCut || topP < 1 ? ranked : allowed).filter((id) => logits[id] >= floor);
  if (isCut) ids = ids.slice(0, topK);
  if (topP < 1) {
    const share = topP * (isCut ? ids : ids.toSorted((a, b) => a - b)).reduce((sum, id) => sum + weight(id), 0);
    let sum = 0;
    const last = ids.findIndex((id) => (sum += weight(id)) >= share);
    if (last >= 0) ids = ids.slice(0, last + 1);
  }
  let rest = random() * ids.reduce((sum, id) => sum + weight(id), 0);
  const id = ids.find((each) => (rest -= weight(each)) < 0) ?? ids[ids.length - 1];
  return { id, logprob: logits[id] - normaliser };
}

function plainLogSumExp(logits: Float32Array): number {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}

/** Logits around 0 with some that stand out, as models have them. */
function randomLogits(seed: number, spread: number, peak: number): Float32Array {
  const random = createRandom(seed);
  const logits = Float32Array.from({ length: VOCABULARY }, () => spread * (random() + random() + random() + random() - 2));
  for (let i = 0; i < 12; i++) logits[Math.floor(random() * VOCABULARY)] = peak * (0.7 + 0.3 * random());
  // Equals, at the top too.
  logits[17] = logits[VOCABULARY - 3] = peak;
  return logits;
}

function randomMask(seed: number, share: number): Set<number> {
  const random = createRandom(seed);
  const ids = [...Array(VOCABULARY).keys()].filter(() => random() < share);
  return new Set(ids.length > 0 ? ids : [seed % VOCABULARY]);
}

function bits(ids: ReadonlySet<number>): Uint32Array {
  const mask = new Uint32Array(Math.ceil(VOCABULARY / 32));
  for (const id of ids) mask[id >>> 5] |= 1 << (id & 31);
  return mask;
}

const sampling = fc.record(
  {
    temperature: fc.constantFrom(0, 0.3, 0.6, 1, 1.5),
    topP: fc.constantFrom(0.5, 0.95, 1),
    topK: fc.constantFrom(0, 1, 5, 200),
    minP: fc.constantFrom(0, 0.05),
    seed: fc.nat(1000),
  },
  { requiredKeys: ["temperature", "seed"] },
);
const masks = fc.option(fc.record({ seed: fc.nat(1e6), share: fc.constantFrom(0.0001, 0.01, 0.9, 1) }), { nil: undefined });

test("the same tokens and probabilities as looking at every token, on rows shared by several samplers", () => {
  const rows = fc.record({ seed: fc.nat(1e6), spread: fc.constantFrom(1, 5, 12), peak: fc.constantFrom(3, 10, 22) });
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 3 }), fc.array(fc.tuple(sampling, masks), { minLength: 1, maxLength: 3 }), (shapes, samples) => {
      const samplers = samples.map(([options]) => ({ sampler: new Sampler(options), random: createRandom(options.seed) }));
      for (const { seed, spread, peak } of shapes) {
        const logits = randomLogits(seed, spread, peak);
        const row = new LogitsRow(logits);
        for (const [i, [options, mask]] of samples.entries()) {
          const allowed = mask ? randomMask(mask.seed, mask.share) : new Set(logits.keys());
          const { sampler, random } = samplers[i];
          const found = sampler.sample(row, mask && bits(allowed));
          const wanted = plainSample(logits, allowed, options, random);
          expect(found.id).toBe(wanted.id);
          expect(found.logprob).toBeCloseTo(wanted.logprob, 5);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a row's memory holds the tokens from any floor, asked in any order", () => {
  const logits = randomLogits(5, 5, 10);
  fc.assert(
    fc.property(fc.array(fc.double({ min: -12, max: 12, noNaN: true }), { minLength: 1, maxLength: 6 }), (floors) => {
      const row = new LogitsRow(logits);
      for (const floor of floors) expect(row.idsFrom(floor)).toEqual([...logits.keys()].filter((id) => logits[id] >= floor));
    }),
  );
});

function normaliserOf(logits: Float32Array): number {
  return new LogitsRow(logits).logSumExp;
}

describe("the normaliser", () => {
  test.each([0.5, 7.999, 8.0001, 8.0039, 12.7, 20, 29.9])("with a vocabulary that lies %d below the likeliest", (distance) => {
    const logits = new Float32Array(150_001).fill(5 - distance);
    logits[150_000] = 5;
    expect(normaliserOf(logits)).toBeCloseTo(plainLogSumExp(logits), 6);
    expect(new LogitsRow(logits).best).toBe(150_000);
  });

  test.each([-95, -51, -49, 0, 60, 95.9, 96, 97, 300])("with logits around %d", (middle) => {
    const logits = randomLogits(9, 5, 10).map((logit) => logit + middle);
    expect(normaliserOf(logits)).toBeCloseTo(plainLogSumExp(logits), 6);
  });

  test("with infinite logits, and of one alone", () => {
    expect(normaliserOf(Float32Array.of(-Infinity, 2, -Infinity))).toBeCloseTo(2, 5);
    expect(normaliserOf(Float32Array.of(3))).toBeCloseTo(3, 5);
    expect(logSumExp(Float32Array.of(-Infinity))).toBe(-Infinity);
    expect(logSumExp(Float32Array.of(300, 300, -300, 12, 0))).toBeCloseTo(300 + Math.log(2), 6);
  });
});
