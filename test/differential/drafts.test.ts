// Drafts change what a pass computes and nothing else: with any drafter, right or wrong, a seed gives the tokens of plain sampling.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Acceptance } from "../../engine/draft/acceptance.js";
import { Drafter } from "../../engine/draft/drafter.js";
import { PromptText } from "../../engine/draft/prompt-text.js";
import { TokenText } from "../../engine/draft/token-text.js";
import type { Sampling } from "../../engine/request.js";
import { LogitsRow } from "../../engine/sampler/logits-row.js";
import { createRandom } from "../../engine/sampler/random.js";
import { Sampler } from "../../engine/sampler/sampler.js";
import { createTokenizer } from "../../engine/tokenizer/create-tokenizer.js";
import { byteVocabulary } from "../fixtures/byte-vocabulary.js";
import { chiSquare } from "../fixtures/chi-square.js";

const LETTERS = 6;
const LENGTH = 24;
const letters = "abcdef";
const tokenizer = createTokenizer(byteVocabulary({ keys: { "tokenizer.chat_template": "{{ messages[0].content }}", "tokenizer.ggml.eos_token_id": 0 } }));
/** The vocabulary of the models below, as the tokenizer has it. */
const ids = [...letters].map((letter) => tokenizer.encode(letter)[0]);

/** A table of logits by prefix: some places are sure of their token, most are not. */
type Model = (prefix: readonly number[]) => LogitsRow;

function modelOf(seed: number): Model {
  const known = new Map<string, LogitsRow>();
  return (prefix) => {
    const key = prefix.slice(-3).join();
    const row = known.get(key) ?? rowOf(`${seed}/${key}`);
    known.set(key, row);
    return row;
  };
}

function rowOf(key: string): LogitsRow {
  const random = createRandom([...key].reduce((hash, sign) => Math.imul(hash, 31) + sign.charCodeAt(0), 7));
  const sharpness = random() < 0.4 ? 9 : 2;
  return new LogitsRow(Float32Array.from({ length: LETTERS }, () => sharpness * random()));
}

function plain(model: Model, sampling: Sampling): number[] {
  const sampler = new Sampler(sampling);
  const written: number[] = [];
  while (written.length < LENGTH) written.push(sampler.sample(model(written)).id);
  return written;
}

interface Guess {
  propose(written: readonly number[]): readonly number[];
  push?(token: number): void;
}

/** One pass: rows after the last written token and after each drafted one, drawn from as long as the draft is right. */
function withDrafts(model: Model, sampling: Sampling, guess: Guess): { written: number[]; acceptedCount: number } {
  const sampler = new Sampler(sampling);
  const written: number[] = [];
  let acceptedCount = 0;
  while (written.length < LENGTH) {
    const drafted = guess.propose(written).slice(0, LENGTH - written.length - 1);
    const rows = [...drafted, -1].map((_, i) => model([...written, ...drafted.slice(0, i)]));
    for (const [i, row] of rows.entries()) {
      const { id } = sampler.sample(row);
      written.push(id);
      guess.push?.(id);
      if (id !== drafted[i]) break;
      acceptedCount++;
    }
  }
  return { written, acceptedCount };
}

/** The engine's drafter, over a prompt and an earlier reply in the models' letters. */
function copyDrafter(prompt: readonly number[], earlier: readonly number[]): Guess {
  const reply = new TokenText();
  for (const token of earlier) reply.push(ids[token]);
  const text = new PromptText(prompt.map((token) => ids[token]), tokenizer.tokenBytes);
  const drafter = new Drafter({ prompt: text, replies: [reply], acceptance: new Acceptance(), tokenizer, format: "text" });
  return { propose: () => drafter.propose(8, 0.1).map((id) => ids.indexOf(id)), push: (token) => drafter.push(ids[token]) };
}

const sampling = fc.record({ temperature: fc.constantFrom(0, 0.6, 1.3), topP: fc.constantFrom(0.8, 1), seed: fc.nat(1e6) });

describe("a seed gives the tokens of plain sampling", () => {
  test("with guesses that are right, wrong or no token at all", () => {
    fc.assert(
      fc.property(fc.nat(1e6), sampling, fc.infiniteStream(fc.array(fc.integer({ min: -1, max: LETTERS }), { maxLength: 5 })), fc.infiniteStream(fc.nat(5)), (seed, options, noise, lengths) => {
        const model = modelOf(seed);
        const wanted = plain(model, options);
        const propose = (written: readonly number[]): number[] => {
          const right = wanted.slice(written.length, written.length + lengths.next().value!);
          return [...right, ...noise.next().value!];
        };
        expect(withDrafts(model, options, { propose }).written).toEqual(wanted);
      }),
    );
  });

  test("with the engine's drafter, which is often right where the reply was written before", () => {
    let acceptedCount = 0;
    fc.assert(
      fc.property(fc.nat(1e6), sampling, fc.nat(1e6), (seed, options, otherSeed) => {
        const model = modelOf(seed);
        const [prompt, earlier] = [otherSeed, otherSeed + 1].map((each) => plain(model, { ...options, seed: each }));
        const found = withDrafts(model, options, copyDrafter(prompt, earlier));
        expect(found.written).toEqual(plain(model, options));
        acceptedCount += found.acceptedCount;
      }),
    );
    expect(acceptedCount).toBeGreaterThan(100);
  });
});

test("over many seeds each token is as likely as the model has it", () => {
  const model = modelOf(11);
  const options = { temperature: 1 };
  const likelihood = (prefix: readonly number[], token: number): number => Math.exp(model(prefix).logProbability(token));
  const expected = Array.from({ length: LETTERS ** 2 }, (_, pair) => {
    const [first, second] = [Math.floor(pair / LETTERS), pair % LETTERS];
    return likelihood([], first) * likelihood([first], second);
  });
  const found = expected.map(() => 0);
  const earlier = plain(model, { ...options, seed: 5 });
  for (let seed = 0; seed < 4000; seed++) {
    const { written } = withDrafts(model, { ...options, seed }, copyDrafter(earlier, earlier));
    found[written[0] * LETTERS + written[1]]++;
  }
  expect(chiSquare(found, expected).pValue).toBeGreaterThan(0.001);
});
