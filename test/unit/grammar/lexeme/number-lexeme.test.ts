// Numbers as automata against arithmetic: what a lexeme accepts, how near its ends are, and which spelling it knows.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lexeme } from "../../../../engine/grammar/lexeme/lexeme.js";
import { LexemeLimitError } from "../../../../engine/grammar/lexeme/lexeme-limit-error.js";
import { NumberLexeme, type NumberLexemeOptions } from "../../../../engine/grammar/lexeme/number/number-lexeme.js";
import { accepts, randomText, runOf } from "../../../fixtures/lexeme-run.js";
import { createRandomSource } from "../../../fixtures/random-source.js";

const ANY = { isInteger: false, minimum: -Infinity, isMinimumOpen: false, maximum: Infinity, isMaximumOpen: false };

/** Decimal digits and power of ten, exactly. */
function decimal(text: string): { digits: bigint; power: number } {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length };
}

function isMultiple(text: string, of: number): boolean {
  const value = decimal(text);
  const factor = decimal(String(of));
  const power = Math.min(value.power, factor.power);
  return (value.digits * 10n ** BigInt(value.power - power)) % (factor.digits * 10n ** BigInt(factor.power - power)) === 0n;
}

function fits(text: string, options: NumberLexemeOptions): boolean {
  const value = Number(text);
  const { isInteger, minimum, isMinimumOpen, maximum, isMaximumOpen, multiplesOf = [] } = options;
  if (isInteger && !Number.isInteger(value)) return false;
  if (isMinimumOpen ? value <= minimum : value < minimum) return false;
  if (isMaximumOpen ? value >= maximum : value > maximum) return false;
  return multiplesOf.every((factor) => isMultiple(text, factor));
}

const bound = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -100_000, max: 100_000 }).map((value) => value / 1000),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 1e-7, 1e21, -1e-9, 5e-324, 2 ** 53, -(2 ** 53), 9.5, 0.30000000000000004),
);
const range = fc.record({
  isInteger: fc.boolean(),
  minimum: fc.oneof(bound, fc.constant(-Infinity)),
  isMinimumOpen: fc.boolean(),
  maximum: fc.oneof(bound, fc.constant(Infinity)),
  isMaximumOpen: fc.boolean(),
});
const multiples = fc.array(fc.constantFrom(1, 2, 3, 7, 10, 60, 86_400, 0.5, 0.25, 0.01, 0.05, 0.003, 1e-7, 12.5), { maxLength: 2 });
const form = fc.constantFrom("any" as const, "canonical" as const);

function create(options: NumberLexemeOptions): NumberLexeme | undefined {
  try {
    return new NumberLexeme(options);
  } catch (error) {
    if (error instanceof LexemeLimitError) return undefined;
    throw error;
  }
}

/** A number that fits and is written as JSON.stringify does must be accepted, within the digits that the form has. */
function isPromised(text: string, { isInteger, minimum, maximum, multiplesOf = [], form: spelling }: NumberLexemeOptions): boolean {
  const [mantissa, exponent] = text.replace("-", "").split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  const significant = (whole + fraction).replace(/^0+/, "").length;
  const isExact = spelling === "canonical" || multiplesOf.length > 0;
  if (isInteger) return exponent === undefined && (Number.isSafeInteger(Number(text)) || (!isExact && minimum > -Infinity && maximum < Infinity));
  if (exponent !== undefined) return multiplesOf.length === 0 && Math.abs(Number(exponent)) <= 307 && significant <= (isExact ? 15 : 17);
  return isExact ? significant <= 15 : significant <= 17 || fraction === "";
}

describe("bounds, integers, multiples, forms", () => {
  const values = fc.oneof(bound, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -2000, max: 2000 }).map((value) => value / 100));

  test("the numbers that fit are accepted as JSON.stringify writes them, the others are not", () => {
    let accepted = 0;
    fc.assert(
      fc.property(range, multiples, form, fc.array(values, { minLength: 30, maxLength: 30 }), (bounds, multiplesOf, spelling, tried) => {
        const options = { ...bounds, multiplesOf, form: spelling };
        const lexeme = create(options);
        if (!lexeme) return;
        const near = [bounds.minimum, bounds.maximum].filter(Number.isFinite).flatMap((value) => [value, value + 1, value - 1, value * 1.5, value / 10]);
        for (const value of [...tried, ...near].filter(Number.isFinite)) {
          const text = JSON.stringify(value);
          if (!fits(text, options)) expect(accepts(lexeme, text), `${text} ${JSON.stringify(options)}`).toBe(false);
          else if (isPromised(text, options)) {
            expect(accepts(lexeme, text), `${text} ${JSON.stringify(options)}`).toBe(true);
            accepted++;
          }
        }
      }),
      { numRuns: 600 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  test("random walks write numbers that fit; canonical ones as JSON.stringify does", () => {
    let walks = 0;
    fc.assert(
      fc.property(range, multiples, form, fc.nat(), (bounds, multiplesOf, spelling, seed) => {
        const options = { ...bounds, multiplesOf, form: spelling };
        const lexeme = create(options);
        if (!lexeme || lexeme.distance(lexeme.start) === Infinity) return;
        const random = createRandomSource(seed);
        for (let walk = 0; walk < 12; walk++) {
          const text = randomText(lexeme, random);
          walks++;
          expect(fits(text, options), `${text} ${JSON.stringify(options)}`).toBe(true);
          if (spelling === "canonical") expect(JSON.stringify(Number(text))).toBe(text);
          else expect(JSON.parse(text)).toBe(Number(text));
        }
      }),
      { numRuns: 600 },
    );
    expect(walks).toBeGreaterThan(1000);
  });

  test("from every state some byte leads nearer to the end, and no number is nearer than said", () => {
    fc.assert(
      fc.property(range, multiples, form, fc.nat(), (bounds, multiplesOf, spelling, seed) => {
        const lexeme = create({ ...bounds, multiplesOf, form: spelling });
        if (!lexeme || lexeme.distance(lexeme.start) === Infinity) return;
        expectRanks(lexeme, createRandomSource(seed).below);
      }),
      { numRuns: 400 },
    );
  });

  test("a form is empty only where nothing fits", () => {
    fc.assert(
      fc.property(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 0, max: 60 }), multiples, fc.boolean(), (low, width, multiplesOf, isInteger) => {
        const options = { isInteger, minimum: low / 4, maximum: (low + width) / 4, isMinimumOpen: false, isMaximumOpen: true, multiplesOf };
        const lexeme = create(options);
        if (!lexeme) return;
        const numbers = Array.from({ length: 15_000 }, (_, index) => (index + Math.floor(low / 4) * 1000) / 1000);
        const isPossible = numbers.some((value) => fits(String(value), options));
        if (isPossible) expect(lexeme.distance(lexeme.start)).toBeLessThan(Infinity);
        else if (multiplesOf.length === 0 && isInteger) expect(lexeme.distance(lexeme.start)).toBe(Infinity);
      }),
      { numRuns: 60 },
    );
  });
});

function expectRanks(lexeme: Lexeme, below: (bound: number) => number): void {
  let state = lexeme.start;
  for (let step = 0; step < 30; step++) {
    const rank = lexeme.distance(state);
    expect(rank === 0).toBe(lexeme.isWhole(state));
    const nexts = Array.from({ length: 256 }, (_, byte) => lexeme.step(state, byte)).filter((next) => next >= 0);
    for (const next of nexts) expect(lexeme.distance(next)).toBeLessThan(Infinity);
    if (rank > 0) expect(Math.min(...nexts.map((next) => lexeme.distance(next)))).toBeLessThan(rank);
    if (nexts.length === 0) break;
    state = nexts[below(nexts.length)];
  }
}

test.each<[Partial<NumberLexemeOptions>, string[], string[]]>([
  [{}, ["0", "-1.50", "1e-7", "1.5e+300", "6.02E23", "1e05", "12345678901234567890", "0.00001234567890123456"], ["-0", "01", "1.", ".5", "+1", "1e", "1e400", "1e-320", "12e3", "0e1", "1.123456789012345678"]],
  [{ isInteger: true }, ["0", "-9007199254740991", "9007199254740991"], ["9007199254740992", "1.0", "1e3", "-0"]],
  [{ isInteger: true, maximum: 2 ** 63 }, ["9223372036854775807", "9223372036854775808"], ["9223372036854776001", "99999999999999999999"]],
  [{ isInteger: true, maximum: 2 ** 63, isMaximumOpen: true }, ["9223372036854774784"], ["9223372036854775807"]],
  [{ isInteger: true, minimum: 1e17 }, ["100000000000000000", "999999999999999999999"], ["99999999999999999", "-1"]],
  [{ minimum: 0, isMinimumOpen: true }, ["0.0000000000000000000001", "1e-307", "5"], ["0", "0.0", "-1", "1e-308"]],
  [{ minimum: 0, maximum: 1 }, ["0", "1", "1.000", "0.5", "1e-8", "9.99e-1", "1e0"], ["1.001", "1e1", "1.5e0", "-1e-8"]],
  [{ minimum: 1.5e30, maximum: 1.6e30 }, ["1.5e30", "1.55E+30", "1.6e+030"], ["1.4e30", "1e30", "1.61e30", "1.5e31"]],
  [{ maximum: 0.1 + 0.2, isMaximumOpen: true }, ["0.3", "0.30000000000000000"], ["0.30000000000000004", "0.30000000000000003", "0.31"]],
  [{ multiplesOf: [0.01] }, ["19.99", "19.9", "19", "19.00", "-0.01"], ["19.999", "19.990", "1e2"]],
  [{ multiplesOf: [0.5], isInteger: true }, ["1", "2"], ["1.5"]],
  [{ multiplesOf: [4, 6] }, ["0", "12", "-24"], ["4", "6", "12.0"]],
  [{ multiplesOf: [1e-7] }, ["0.0000001", "3.25"], ["0.00000001"]],
  [{ form: "canonical" }, ["1.5", "100", "0.000001", "1e-7", "1.5e+300", "1e+21"], ["1.50", "1.0", "0.0000001", "1E5", "1e5", "1e+5", "1e21", "1e-07", "1e-6"]],
])("%j", (options, good, bad) => {
  const lexeme = new NumberLexeme({ ...ANY, ...options });
  for (const text of good) expect(accepts(lexeme, text), text).toBe(true);
  for (const text of bad) expect(accepts(lexeme, text), text).toBe(false);
});

test("multiples that lie too far apart are refused", () => {
  for (const multiplesOf of [[1e300], [1_000_003, 999_983], [1e-30]]) expect(() => new NumberLexeme({ ...ANY, multiplesOf })).toThrow(LexemeLimitError);
});

test("ranks of multiples are found without a search through all remainders", () => {
  const lexeme = new NumberLexeme({ ...ANY, isInteger: true, minimum: 1, multiplesOf: [999_983] });
  expect(lexeme.distance(runOf(lexeme, "1"))).toBe(6);
  expect(accepts(lexeme, "1999966")).toBe(true);
});
