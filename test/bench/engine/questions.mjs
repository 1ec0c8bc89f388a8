// Ten questions about one document, asked at once, beside one question about it: the document is read once.
import { median, printTable } from "../bench-report.mjs";
import { OURS, withSides } from "./process/start-side.mjs";

const DOCUMENT_TOKENS = 4000;
const MAX_TOKENS = 48;
const SCHEMA = { type: "object", properties: { answer: { anyOf: [{ type: "string", maxLength: 60 }, { type: "null" }] } }, required: ["answer"], additionalProperties: false };
const QUESTIONS = [
  "Who are the parties?",
  "What is the date of the agreement?",
  "Which law governs it?",
  "How long is its term?",
  "How can it be terminated?",
  "Who owns what is created?",
  "Is there an exclusivity?",
  "What has to be paid?",
  "May it be assigned?",
  "Who bears the taxes?",
];

export function measureQuestions({ model, threadCount, rounds, text }) {
  return withSides([[OURS, { modelPath: model.path, threadCount }]], async (ours) => {
    const { length } = await ours.ask("tokenize", { text });
    const characters = Math.round((text.length * DOCUMENT_TOKENS) / length);
    const document = text.repeat(Math.ceil(characters / text.length)).slice(0, characters);
    const runs = { one: [], ten: [] };
    let copies = 0;
    const ask = async (questions) => {
      // Each round's document is another one to the engine.
      const opening = `Contract no. ${copies++ * 7919}.\n\n${document}\n\nAnswer as JSON from the contract alone; null where it does not say.\n`;
      const replies = await ours.ask("generate", { requests: questions.map((question) => ({ content: `${opening}${question}`, schema: SCHEMA, maxTokens: MAX_TOKENS })) });
      return { ms: Math.max(...replies.map(({ ms }) => ms)), promptTokens: replies[0].usage.promptTokens, outputTokens: replies.reduce((sum, { usage }) => sum + usage.outputTokens, 0) };
    };
    await ours.ask("generate", { requests: [{ content: "Hello.", maxTokens: 4 }] });
    for (let round = 0; round < rounds; round++) {
      runs.one.push(await ask([QUESTIONS[round % QUESTIONS.length]]));
      runs.ten.push(await ask(QUESTIONS));
    }
    const [oneMs, tenMs] = [runs.one, runs.ten].map((list) => median(list.map(({ ms }) => ms)));
    const figures = { promptTokens: runs.one[0].promptTokens, oneMs, tenMs, ratio: tenMs / oneMs, outputTokens: { one: median(runs.one.map((run) => run.outputTokens)), ten: median(runs.ten.map((run) => run.outputTokens)) } };
    return { figures, goals: [{ what: "ten questions of one document, times one: ratio", value: figures.ratio, relation: "at most", limit: 1.25 }] };
  });
}

export function printQuestions({ promptTokens, oneMs, tenMs, ratio, outputTokens }) {
  printTable(
    [`${promptTokens} tokens of prompt`, "one question", "ten", "ratio"],
    [["s", (oneMs / 1000).toFixed(2), (tenMs / 1000).toFixed(2), ratio.toFixed(2)], ["tokens written", outputTokens.one, outputTokens.ten, ""]],
  );
}
