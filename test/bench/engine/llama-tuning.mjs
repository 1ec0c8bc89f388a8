// Finds the settings with which node-llama-cpp answers records fastest on this machine: a few records each, the best one is kept
// and changed further. Every way that its public API has to save work is among them.

const CONTEXT_TOKENS = 4096;
const PLAIN = { sequences: 1, contextLength: CONTEXT_TOKENS, bounded: true };

/** First how many sequences share a batch, then what else might pay. */
const SEQUENCES = [{ sequences: 4 }, { sequences: 8 }];
const FURTHER = [
  { lookup: { tokens: 3, after: 1 } },
  { lookup: { tokens: 8, after: 3 } },
  { flashAttention: true },
  { batchSize: 2048 },
  { bounded: false },
];

/** Leaves the side with the best settings open, its sequences warm. @returns `{ settings, tried }` */
export async function tuneLlama(theirs, requests, { samples, temperature }) {
  const tried = [];
  const attempt = async (settings) => {
    await warmUp(theirs, requests, settings);
    const { wallMs } = await theirs.ask("answer", { requests, samples, temperature, bounded: settings.bounded });
    tried.push({ settings, msPerRecord: wallMs / requests.length });
    return tried.at(-1);
  };
  let best = await attempt(PLAIN);
  for (const changes of [SEQUENCES, FURTHER]) {
    const base = best.settings;
    for (const change of changes) {
      const next = await attempt({ ...base, ...change });
      if (next.msPerRecord < best.msPerRecord) best = next;
    }
  }
  await warmUp(theirs, requests, best.settings);
  return { settings: best.settings, tried };
}

/** What all records begin with is known before the clock runs, as it is to ours. */
async function warmUp(theirs, requests, settings) {
  await theirs.ask("configure", settings);
  await theirs.ask("warm", { opening: sharedOpening(requests.map(({ prompt }) => prompt)) });
}

/** What all prompts begin with, at least one token. */
export function sharedOpening(prompts) {
  const [first, ...others] = prompts;
  const length = first.findIndex((token, index) => others.some((prompt) => prompt[index] !== token));
  return first.slice(0, Math.max(1, length < 0 ? first.length : length));
}
