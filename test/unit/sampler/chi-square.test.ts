// The chi-square fixture: p-values against mpmath's incomplete gamma function, and how often it raises false alarms.
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../engine/sampler/random.js";
import { chiSquare, chiSquareOfTwo } from "../../fixtures/chi-square.js";

/** Counts with the statistic asked for: two cells deviate alike, the others are as expected. */
function countsOf(statistic: number, degreesOfFreedom: number): number[] {
  const expected = 1e6;
  const deviation = Math.sqrt((statistic * expected) / 2);
  return Array.from({ length: degreesOfFreedom + 1 }, (_, i) => expected + (i === 0 ? deviation : i === 1 ? -deviation : 0));
}

function draws(random: () => number, weights: readonly number[], count: number): number[] {
  const found = weights.map(() => 0);
  for (let n = 0; n < count; n++) {
    let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
    found[weights.findIndex((weight) => (rest -= weight) < 0)]++;
  }
  return found;
}

const WEIGHTS = [40, 25, 20, 10, 4, 0.6, 0.3, 0.1];
const shareBelow = (values: readonly number[], bound: number): number => values.filter((value) => value < bound).length / values.length;

describe("against expected weights", () => {
  test.each([
    [1, 3.84, 0.0500435212487],
    [1, 0.02, 0.887537083982],
    [10, 18.3, 0.0501090614115],
    [10, 5, 0.891178018914],
    [100, 120, 0.0844066810937],
    [100, 60, 0.999481108537],
    [3, 30, 1.38005703129e-6],
    [7, 2, 0.95984036873],
    [200, 400, 1.84389364971e-15],
  ])("%d degrees of freedom, statistic %d: p = %d", (degreesOfFreedom, statistic, pValue) => {
    const counts = countsOf(statistic, degreesOfFreedom);
    const found = chiSquare(counts, counts.map(() => 1));
    expect(found.degreesOfFreedom).toBe(degreesOfFreedom);
    expect(found.statistic).toBeCloseTo(statistic, 6);
    expect(found.pValue / pValue).toBeCloseTo(1, 8);
  });

  test("a die thrown sixty times: 13.4 with five degrees of freedom", () => {
    expect(chiSquare([5, 8, 9, 8, 10, 20], [1, 1, 1, 1, 1, 1])).toMatchObject({ statistic: 13.4, degreesOfFreedom: 5, pValue: expect.closeTo(0.0199052203348, 10) });
  });

  test("p-values of true expectations are even, those of wrong ones tiny", () => {
    const random = createRandom(3);
    const found = Array.from({ length: 1000 }, () => chiSquare(draws(random, WEIGHTS, 500), WEIGHTS).pValue);
    for (const bound of [0.05, 0.25, 0.5, 0.75, 0.95]) expect(shareBelow(found, bound)).toBeCloseTo(bound, 1);
    expect(chiSquare(draws(random, WEIGHTS, 2000), [32, 33, 20, 10, 4, 0.6, 0.3, 0.1]).pValue).toBeLessThan(1e-6);
  });

  test("rare cells count together, impossible ones refute", () => {
    expect(chiSquare([50, 48, 1, 1], [50, 48, 1, 1])).toMatchObject({ statistic: 0, degreesOfFreedom: 2, pValue: 1 });
    expect(chiSquare([50, 49, 1], [50, 50, 0]).pValue).toBe(0);
    expect(() => chiSquare([1, 2], [1])).toThrow(RangeError);
  });
});

describe("of two samples", () => {
  test("a table of 2 by 3", () => {
    // Pearson's statistic by hand: expected 25, 50, 25 in each row.
    const found = chiSquareOfTwo([30, 45, 25], [20, 55, 25]);
    expect(found).toMatchObject({ statistic: 3, degreesOfFreedom: 2, pValue: expect.closeTo(Math.exp(-1.5), 10) });
  });

  test("p-values of one distribution are even, also where the sizes differ, those of two tiny", () => {
    const random = createRandom(4);
    const found = Array.from({ length: 1000 }, () => chiSquareOfTwo(draws(random, WEIGHTS, 600), draws(random, WEIGHTS, 300)).pValue);
    for (const bound of [0.05, 0.25, 0.5, 0.75, 0.95]) expect(shareBelow(found, bound)).toBeCloseTo(bound, 1);
    expect(chiSquareOfTwo(draws(random, WEIGHTS, 5000), draws(random, [32, 33, 20, 10, 4, 0.6, 0.3, 0.1], 5000)).pValue).toBeLessThan(1e-6);
  });
});
