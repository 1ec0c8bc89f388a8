// Sampling: draws follow the stated distribution, the filters keep what they should, seeds repeat.
import { describe, expect, test } from "vitest";
import type { Sampling } from "../../../engine/request.js";
import { LogitsRow } from "../../../engine/sampler/logits-row.js";
import { Sampler } from "../../../engine/sampler/sampler.js";
import { chiSquare } from "../../fixtures/chi-square.js";

const PROBABILITIES = [0.02, 0.3, 0.01, 0.15, 0.4, 0.08, 0.04];
/** Shifted: only differences of logits matter. */
const logits = rowOf(PROBABILITIES.map((p) => Math.log(p) + 3));
const DRAWS = 20_000;

function rowOf(values: ArrayLike<number>): LogitsRow {
  return new LogitsRow(Float32Array.from(values));
}

function counts(sampling: Sampling, mask?: Uint32Array): number[] {
  const sampler = new Sampler({ seed: 5, ...sampling });
  const found = PROBABILITIES.map(() => 0);
  for (let i = 0; i < DRAWS; i++) found[sampler.sample(logits, mask).id]++;
  return found;
}

/** Draws are seeded, so a pass stays a pass. */
function expectDistribution(found: readonly number[], weights: readonly number[]): void {
  expect(chiSquare(found, weights).pValue).toBeGreaterThan(0.001);
}

function draw(seed: number | undefined): number[] {
  const sampler = new Sampler({ temperature: 1, seed });
  return Array.from({ length: 50 }, () => sampler.sample(logits).id);
}

const keep = (...ids: number[]): number[] => PROBABILITIES.map((p, id) => (ids.includes(id) ? p : 0));

describe("draws", () => {
  test("at temperature 1 follow the model", () => {
    expectDistribution(counts({ temperature: 1 }), PROBABILITIES);
  });

  test.each([0.6, 1.7])("at temperature %d follow its powers", (temperature) => {
    expectDistribution(counts({ temperature }), PROBABILITIES.map((p) => p ** (1 / temperature)));
  });

  test("top-k keeps the k likeliest", () => {
    expectDistribution(counts({ temperature: 1, topK: 3 }), keep(4, 1, 3));
    expectDistribution(counts({ temperature: 1, topK: 50 }), PROBABILITIES);
  });

  test("top-p keeps the smallest set that reaches the sum", () => {
    expectDistribution(counts({ temperature: 1, topP: 0.72 }), keep(4, 1, 3));
    expectDistribution(counts({ temperature: 1, topP: 0.69 }), keep(4, 1));
    expectDistribution(counts({ temperature: 1, topP: 1e-9 }), keep(4));
  });

  test("min-p drops what is far below the likeliest", () => {
    expectDistribution(counts({ temperature: 1, minP: 0.15 }), keep(4, 1, 3, 5));
  });

  test("filters apply together, on what the mask leaves", () => {
    const mask = Uint32Array.of(0b1111010);
    expectDistribution(counts({ temperature: 1 }, mask), keep(1, 3, 4, 5, 6));
    expectDistribution(counts({ temperature: 1, topK: 4, topP: 0.9 }, mask), keep(4, 1, 3));
  });

  test("many candidates: filters see all of them in order", () => {
    const size = 5000;
    const flat = Float32Array.from({ length: size }, (_, id) => -((id * 7919) % size) / 1000);
    const sampler = new Sampler({ temperature: 1, topP: 0.5, seed: 1 });
    const drawn = Array.from({ length: 3000 }, () => sampler.sample(rowOf(flat)).id);
    const ranked = [...flat.keys()].toSorted((a, b) => flat[b] - flat[a]);
    const total = ranked.reduce((sum, id) => sum + Math.exp(flat[id]), 0);
    let sum = 0;
    const nucleus = new Set<number>();
    for (const id of ranked) {
      if (sum < 0.5 * total) nucleus.add(id);
      sum += Math.exp(flat[id]);
    }
    expect(drawn.every((id) => nucleus.has(id))).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(400);
  });
});

describe("greedy", () => {
  test("takes the likeliest, the first of equals, whatever the seed", () => {
    const equal = rowOf([1, 7, 7, 2]);
    for (const seed of [1, 2, 3]) expect(new Sampler({ temperature: 0, seed }).sample(equal).id).toBe(1);
    expect(new Sampler({ temperature: 0 }).sample(equal, Uint32Array.of(0b1001)).id).toBe(3);
  });

  test("states the model's own log probability, before mask and temperature", () => {
    for (const temperature of [0, 0.3]) {
      const { id, logprob } = new Sampler({ temperature, seed: 3 }).sample(logits, Uint32Array.of(0b100));
      expect(id).toBe(2);
      expect(logprob).toBeCloseTo(Math.log(0.01), 5);
    }
  });

  test("logits that are no numbers are an error", () => {
    for (const temperature of [0, 1]) {
      const broken = rowOf([Number.NaN, Number.NaN]);
      expect(() => new Sampler({ temperature }).sample(broken)).toThrow(expect.objectContaining({ code: "RUNTIME_FAILED" }));
    }
  });

  test("a mask that allows nothing is an error", () => {
    for (const temperature of [0, 1]) {
      expect(() => new Sampler({ temperature }).sample(logits, Uint32Array.of(0))).toThrow(RangeError);
    }
  });
});

describe("seeds", () => {
  test("the same repeats, another differs", () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(undefined)).toEqual(draw(0));
  });

  test("first draws of neighbouring seeds are independent", () => {
    const found = PROBABILITIES.map(() => 0);
    for (let seed = 0; seed < DRAWS; seed++) found[new Sampler({ temperature: 1, seed }).sample(logits).id]++;
    expectDistribution(found, PROBABILITIES);
  });
});

describe("picking an option", () => {
  test("greedy takes the largest; else by weight and temperature", () => {
    expect(new Sampler({ temperature: 0 }).pick([0.2, 0.5, 0.3])).toBe(1);
    const sampler = new Sampler({ temperature: 0.5, seed: 2 });
    const found = PROBABILITIES.map(() => 0);
    for (let i = 0; i < DRAWS; i++) found[sampler.pick(PROBABILITIES)]++;
    expectDistribution(found, PROBABILITIES.map((p) => p ** 2));
  });
});
