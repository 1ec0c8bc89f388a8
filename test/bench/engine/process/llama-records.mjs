// Records through node-llama-cpp as well as its API can: sequences that share batches and keep their prefixes, a JSON
// grammar, tokens looked up in the prompt. `llama-tuning.mjs` chooses among the settings.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Nothing reads the grammar's end after the value: four line breaks, which only users of chat sessions wait for. */
const CLOSING = /[}\]]/;
/** Top-k is what makes nucleus sampling fast here: without it the whole vocabulary is sorted for every token. */
const NUCLEUS = { topP: 0.95, topK: 40 };

export class LlamaRecords {
  #llama;
  #model;
  #module;
  #threadCount;
  #context;
  #sequences = [];
  #grammars = new Map();

  constructor({ llama, model, module }, threadCount) {
    this.#llama = llama;
    this.#model = model;
    this.#module = module;
    this.#threadCount = threadCount;
  }

  /** Opens a context for the settings; what the last one knew is gone. `lookup`: how many `tokens` to guess `after` so many that are found in the prompt. */
  async configure({ sequences, contextLength, batchSize, lookup, flashAttention }) {
    await this.#context?.dispose();
    this.#context = await this.#model.createContext({
      sequences,
      contextSize: contextLength,
      threads: { ideal: this.#threadCount, min: this.#threadCount },
      ...(batchSize && { batchSize }),
      ...(flashAttention && { flashAttention: true }),
    });
    this.#sequences = Array.from({ length: sequences }, () => {
      if (!lookup) return { sequence: this.#context.getSequence() };
      const predictor = new this.#module.InputLookupTokenPredictor({ patternLength: { min: lookup.after }, predictionLength: { max: lookup.tokens } });
      return { sequence: this.#context.getSequence({ tokenPredictor: predictor }), predictor };
    });
  }

  /** Lets every sequence know what all prompts begin with: one reads it, the others take over its state. */
  async warm(opening) {
    const [{ sequence: first }, ...others] = this.#sequences;
    await first.evaluateWithoutGeneratingNewTokens(opening);
    const folder = await mkdtemp(join(tmpdir(), "bench-"));
    try {
      const file = join(folder, "state");
      if (others.length > 0) await first.saveStateToFile(file);
      for (const { sequence } of others) await sequence.loadStateFromFile(file, { acceptRisk: true });
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /**
   * Answers every request `samples` times. Each sequence takes the next record when it is done with one, and draws the
   * record's samples one after another, so that all of them go on from one reading of the prompt while batches stay full.
   */
  async answer(requests, { samples, temperature, bounded }) {
    const started = performance.now();
    const answers = requests.map(() => []);
    let next = 0;
    const work = async (slot) => {
      while (next < requests.length) {
        const index = next++;
        for (let seed = 0; seed < samples; seed++) {
          answers[index].push(await this.#write(slot, requests[index], { temperature, seed, bounded }));
        }
      }
    };
    await Promise.all(this.#sequences.map(work));
    return { wallMs: performance.now() - started, answers };
  }

  async #write({ sequence, predictor }, { prompt, schema, maxTokens }, { temperature, seed, bounded }) {
    const { firstDifferentIndex } = sequence.compareContextTokens(prompt);
    // The last token is read again: what follows it is asked.
    const kept = Math.min(firstDifferentIndex, prompt.length - 1);
    await sequence.eraseContextTokenRanges([{ start: kept, end: sequence.nextTokenIndex }]);
    predictor?.updateInputTokens(prompt);
    const grammarEvaluationState = new this.#module.LlamaGrammarEvaluationState({ model: this.#model, grammar: await this.#grammar(schema, bounded) });
    const sampling = temperature > 0 ? { temperature, seed, ...NUCLEUS } : { temperature: 0 };
    const tokens = [];
    let text;
    for await (const token of sequence.evaluate(prompt.slice(kept), { ...sampling, grammarEvaluationState })) {
      tokens.push(token);
      if (CLOSING.test(this.#model.detokenize([token]))) text = whole(this.#model.detokenize(tokens));
      if (text || tokens.length >= maxTokens) break;
    }
    return { text, outputTokens: tokens.length, promptTokens: prompt.length, cachedTokens: kept };
  }

  async #grammar(schema, bounded) {
    const key = JSON.stringify([schema, bounded]);
    const known = this.#grammars.get(key);
    if (known) return known;
    const grammar = await this.#llama.createGrammarForJsonSchema(toTheirs(schema, bounded));
    this.#grammars.set(key, grammar);
    return grammar;
  }

  /** Tokens that were guessed and then used, and those that were not, since the context was opened. */
  get guesses() {
    return this.#sequences.reduce(
      (sum, { sequence }) => ({ used: sum.used + sequence.tokenPredictions.used, refuted: sum.refuted + sequence.tokenPredictions.refuted }),
      { used: 0, refuted: 0 },
    );
  }
}

/** The text, where it is one JSON value from end to end. */
function whole(text) {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

/** JSON Schema as its grammar takes it: `oneOf` for alternatives, lengths only where `bounded`. */
function toTheirs({ type, anyOf, properties, items, maxItems, minLength, maxLength, ...rest }, bounded) {
  if (anyOf) return { oneOf: anyOf.map((option) => toTheirs(option, bounded)) };
  if (type === "object") return { type, properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, toTheirs(value, bounded)])) };
  if (type === "array") return { type, items: toTheirs(items, bounded), ...(maxItems && { maxItems }) };
  if (type === "string" && bounded) return { type, ...(minLength && { minLength }), ...(maxLength && { maxLength }) };
  return rest.enum ? { enum: rest.enum } : { type };
}
