// What four more samples of a record cost: five at once beside one, records of receipts, what all records share in memory.
import { median, printTable } from "../bench-report.mjs";
import { sharedOpening } from "./llama-tuning.mjs";
import { OURS, withSides } from "./process/start-side.mjs";

const SET = "fin_sroie";
const SAMPLES = 5;
const SAMPLING = { temperature: 0.6, topP: 0.95 };
const MOST_RECORDS = 40;

export function measureSamples({ model, threadCount, data, recordCount }) {
  return withSides([[OURS, { modelPath: model.path, threadCount }]], async (ours) => {
    const jobs = await ours.ask("prepare", { folder: data, set: SET, count: Math.min(recordCount ?? MOST_RECORDS, MOST_RECORDS), values: "plain" });
    const opening = sharedOpening(jobs.map(({ request }) => request.prompt));
    await ours.ask("generate", { requests: [{ prompt: opening, maxTokens: 1 }] });
    const runs = { one: [], five: [] };
    for (const [index, { request }] of jobs.entries()) {
      const order = index % 2 === 0 ? ["one", "five"] : ["five", "one"];
      for (const [mark, name] of order.entries()) {
        runs[name].push(await draw(ours, unlike(request, opening.length, mark), name === "one" ? 1 : SAMPLES));
      }
    }
    return toResult(runs);
  });
}

/** A token of its own where the records begin to differ: nothing of the document is in memory from the other turn. */
function unlike({ prompt, ...rest }, at, mark) {
  return { ...rest, prompt: [...prompt.slice(0, at), mark, ...prompt.slice(at)] };
}

async function draw(ours, request, count) {
  const requests = Array.from({ length: count }, (_, seed) => ({ ...request, sampling: { ...SAMPLING, seed } }));
  const replies = await ours.ask("generate", { requests });
  const readAt = Math.min(...replies.map((reply) => reply.readAt));
  return {
    ms: Math.max(...replies.map(({ ms }) => ms)),
    decodeMs: Math.max(...replies.map(({ at }) => at)) - readAt,
    outputTokens: replies.reduce((sum, { usage }) => sum + usage.outputTokens, 0) / count,
    distinct: new Set(replies.map(({ text }) => text)).size,
  };
}

function toResult(runs) {
  const sum = (name, key) => runs[name].reduce((total, run) => total + run[key], 0);
  const figures = {
    records: runs.one.length,
    all: { oneMs: median(runs.one.map(({ ms }) => ms)), fiveMs: median(runs.five.map(({ ms }) => ms)), ratio: sum("five", "ms") / sum("one", "ms") },
    decode: { oneMs: median(runs.one.map(({ decodeMs }) => decodeMs)), fiveMs: median(runs.five.map(({ decodeMs }) => decodeMs)), ratio: sum("five", "decodeMs") / sum("one", "decodeMs") },
    outputTokens: { one: sum("one", "outputTokens") / runs.one.length, five: sum("five", "outputTokens") / runs.five.length },
    distinctReplies: sum("five", "distinct") / runs.five.length,
  };
  const goals = [
    { what: "five samples in all, times one: ratio", value: figures.all.ratio, relation: "at most", limit: 1.3 },
    { what: "five samples in decode, times one: ratio", value: figures.decode.ratio, relation: "at most", limit: 2 },
  ];
  return { figures, goals };
}

export function printSamples({ records, all, decode, outputTokens, distinctReplies }) {
  printTable(
    [`${records} records`, "one sample, ms", "five, ms", "ratio of sums"],
    [["in all", all], ["decode", decode]].map(([name, { oneMs, fiveMs, ratio }]) => [name, oneMs.toFixed(0), fiveMs.toFixed(0), ratio.toFixed(2)]),
  );
  console.log(`Tokens a sample ${outputTokens.one.toFixed(1)} / ${outputTokens.five.toFixed(1)}; of five replies ${distinctReplies.toFixed(1)} differ.\n`);
}
