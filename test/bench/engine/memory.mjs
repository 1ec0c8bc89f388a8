// Memory: the resident peak beside the size of the weights file and of keys and values, and whether it stays flat over many records.
import { printTable } from "../bench-report.mjs";
import { OURS, withSides } from "./process/start-side.mjs";

const CONTEXT_TOKENS = 8192;
const EXCERPT_CHARS = 600;
const TOGETHER = 4;
const MAX_TOKENS = 24;
const SAMPLE_EVERY = 100;
const SCHEMA = { type: "object", properties: { subject: { type: "string", maxLength: 24 } }, required: ["subject"], additionalProperties: false };
const WEIGHTS_SHARE = 1.25;
/** Of the second half of the records over their middle. */
const GROWTH = 1.02;
const MEBIBYTE = 2 ** 20;

export function measureMemory({ model, threadCount, text, memoryRecordCount }) {
  const options = { modelPath: model.path, threadCount, contextLength: CONTEXT_TOKENS };
  return withSides([[OURS, options]], async (ours) => {
    const resident = [];
    for (let done = 0; done < memoryRecordCount; done += TOGETHER) {
      const requests = Array.from({ length: TOGETHER }, (_, index) => ({ content: question(text, done + index), schema: SCHEMA, maxTokens: MAX_TOKENS }));
      await ours.ask("generate", { requests });
      if ((done + TOGETHER) % SAMPLE_EVERY < TOGETHER) resident.push({ records: done + TOGETHER, ...(await ours.ask("memory")) });
    }
    const last = await ours.ask("memory");
    const stated = (await ours.ask("stats"))?.memory?.kvBytes;
    const kvMiB = (stated ?? rowBytes(await ours.ask("config")) * CONTEXT_TOKENS) / MEBIBYTE;
    const limitMiB = (model.sizeBytes / MEBIBYTE) * WEIGHTS_SHARE + kvMiB;
    const own = resident.map(({ anonymousMiB, rssMiB }) => anonymousMiB ?? rssMiB);
    const figures = { fileMiB: model.sizeBytes / MEBIBYTE, kvMiB, isKvStated: stated !== undefined, limitMiB, start: ours.start, last, resident };
    const goals = [{ what: "resident peak, times 1.25 weights files and keys and values: ratio", value: last.peakMiB / limitMiB, relation: "at most", limit: 1 }];
    if (own.length > 1) {
      const middle = own[Math.floor((own.length - 1) / 2)];
      goals.push({ what: "own memory after all records, times after half: ratio", value: own.at(-1) / middle, relation: "at most", limit: GROWTH });
    }
    return { figures, goals };
  });
}

function question(text, index) {
  const start = (index * 97) % (text.length - EXCERPT_CHARS);
  return `What is the subject of excerpt ${index}? Answer as JSON.\n\n${text.slice(start, start + EXCERPT_CHARS)}`;
}

/** f32 keys and values of one token. */
function rowBytes({ layerCount, kvHeadCount, headSize }) {
  return layerCount * kvHeadCount * headSize * 2 * 4;
}

export function printMemory({ fileMiB, kvMiB, isKvStated, limitMiB, start, last, resident }) {
  printTable(
    ["MiB", "anonymous after load", "resident peak", "allowed", "weights file", isKvStated ? "keys and values, as stated" : "keys and values, at most"],
    [["", start.anonymousMiB ?? start.rssMiB, last.peakMiB, limitMiB, fileMiB, kvMiB].map((value) => (typeof value === "number" ? value.toFixed(0) : value))],
  );
  console.log(`Own memory after every ${SAMPLE_EVERY} records, MiB: ${resident.map(({ anonymousMiB, rssMiB }) => (anonymousMiB ?? rssMiB).toFixed(0)).join(" ")}\n`);
}
