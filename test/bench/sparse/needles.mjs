// Facts hidden in a long contract at all depths, then asked for one by one: through the engine, read whole and read in part.
import { loadEngine } from "../../../dist/engine/index.js";
import { printTable } from "../bench-report.mjs";

/** Of one text; a text is read once for all its questions. */
const NEEDLES_PER_TEXT = 10;
const REPLY_TOKENS = 24;
const PROMPT_ROOM = 512;
const PLACES = ["Kestrel", "Marlow", "Aldgate", "Brimstone", "Calder", "Dunmore", "Elmsworth", "Farrow", "Gilford", "Harrow"];
const KINDS = [
  { fact: (place, code) => `The release code of the ${place} warehouse is ${code}.`, ask: (place) => `What is the release code of the ${place} warehouse?` },
  { fact: (place, code) => `The ${place} account is kept under the number ${code}.`, ask: (place) => `What is the number of the ${place} account?` },
  { fact: (place, code) => `The ${place} site is registered as plot ${code}.`, ask: (place) => `As which plot is the ${place} site registered?` },
];

export async function measureNeedles({ path, texts, lengths, needles, keep, threadCount }) {
  const figures = [];
  for (const length of lengths) figures.push({ length, asked: needles, ...(await compare({ path, texts, length, needles, keep, threadCount })) });
  const goals = figures.map(({ length, lost }) => (
    { what: `needles at ${length} that dense finds and sparse does not`, value: lost.length, relation: "at most", limit: 0 }
  ));
  return { figures, goals };
}

async function compare({ path, texts, length, needles, keep, threadCount }) {
  const replies = {};
  for (const attention of ["dense", "auto"]) {
    const engine = await loadEngine(path, { attention, ...(attention === "auto" && { keep }), threadCount, contextLength: length + PROMPT_ROOM });
    replies[attention] = [];
    for (let from = 0; from < needles; from += NEEDLES_PER_TEXT) {
      const hidden = Array.from({ length: Math.min(NEEDLES_PER_TEXT, needles - from) }, (_, i) => needle(from + i));
      const document = hide(hidden, cut(engine.tokenizer, texts, length, from));
      for (const one of hidden) replies[attention].push({ ...one, reply: await ask(engine, document, one.question) });
    }
    await engine.close();
  }
  const found = replies.dense.filter(isFound);
  const lost = replies.auto.filter((one, index) => isFound(replies.dense[index]) && !isFound(one));
  return { dense: found.length, sparse: replies.auto.filter(isFound).length, lost };
}

const isFound = ({ code, reply }) => reply.includes(code);

function needle(index) {
  const place = PLACES[index % PLACES.length];
  const { fact, ask: question } = KINDS[Math.floor(index / PLACES.length) % KINDS.length];
  const code = String(10_007 + ((index * 7919) % 89_989));
  return { code, fact: fact(place, code), question: question(place) };
}

/** So much of the texts that facts and question fit, from another place for each. */
function cut(tokenizer, texts, length, offset) {
  const whole = texts.map(({ text }) => text).join("\n\n");
  const start = Math.floor((offset / 30) * Math.max(0, whole.length - length * 5));
  const ids = tokenizer.encode(whole.slice(start, start + length * 6));
  if (ids.length < length) throw new Error(`the texts have ${ids.length} tokens, fewer than ${length}`);
  return tokenizer.decode(ids.slice(0, length - PROMPT_ROOM));
}

/** After lines, evenly from the beginning to the end. */
function hide(hidden, text) {
  const lines = text.split("\n");
  const step = lines.length / hidden.length;
  return lines.flatMap((line, i) => [line, ...hidden.filter((_, index) => Math.floor((index + 0.5) * step) === i).map(({ fact }) => fact)]).join("\n");
}

async function ask(engine, document, question) {
  const content = `Contract:\n${document}\n\nQuestion: ${question} Reply with the number only.`;
  const prompt = engine.tokenizer.encodeChat([{ role: "user", content }]).tokens;
  for await (const event of engine.generate({ prompt, format: { type: "text" }, sampling: { temperature: 0 }, maxTokens: REPLY_TOKENS })) {
    if (event.type === "finish") return event.result.text;
  }
  throw new Error("no reply");
}

export function printNeedles(figures) {
  printTable(["length", "asked", "dense finds", "sparse finds", "lost"], figures.map(({ length, asked, dense, sparse, lost }) => [length, asked, dense, sparse, lost.length]));
}
