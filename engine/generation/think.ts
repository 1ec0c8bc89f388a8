// Lets the model think until it closes its thinking, or until its budget is spent and it is closed for it.
import type { EngineEvent, ThinkingBudget } from "../request.js";
import { createStreamDecoder } from "../tokenizer/stream-decoder.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { Generation } from "./generation.js";

/** Stands between the mark and the answer in the models' own training texts. */
const AFTER_CLOSE = "\n\n";

/** Tokens of the cache that thinking may take: its budget and the mark that closes it. */
export function thinkingTokens({ budgetTokens, close }: ThinkingBudget, tokenizer: Tokenizer): number {
  return budgetTokens + tokenizer.encodeMarks(`${close}${AFTER_CLOSE}`).length;
}

/** @returns The thinking, without its marks. The answer comes next. */
export async function* think(generation: Generation, budget: ThinkingBudget): AsyncGenerator<EngineEvent, string> {
  const { tokenizer, sampler, usage } = generation;
  const decoder = createStreamDecoder(tokenizer);
  const closeTokens = tokenizer.encodeMarks(budget.close);
  const closeToken = closeTokens.length === 1 ? closeTokens[0] : undefined;
  let text = "";
  let shown = 0;
  let { id } = sampler.sample(generation.logits);
  for (; usage.thinkingTokens < budget.budgetTokens; usage.thinkingTokens++) {
    if (generation.isEnd(id) || id === closeToken) break;
    await generation.append([id]);
    text += decoder.push(id);
    // Before anyone is told: the logits last until the next pass.
    ({ id } = sampler.sample(generation.logits));
    const length = thoughtLength(text, budget.close);
    if (length > shown) yield { type: "thinking-delta", text: text.slice(shown, length) };
    shown = Math.max(shown, length);
    // Where the mark is no token of its own it is spelled out, and its last token may hold what follows it.
    if (text.includes(budget.close)) {
      usage.thinkingTokens++;
      await generation.append(tokenizer.encode(AFTER_CLOSE));
      return text.slice(0, length).trim();
    }
  }
  text += decoder.end();
  if (text.length > shown) yield { type: "thinking-delta", text: text.slice(shown) };
  await generation.append(tokenizer.encodeMarks(`${budget.close}${AFTER_CLOSE}`));
  return text.trim();
}

/** How much of the text is thinking for certain: without the mark, and without an end that may become the mark. */
function thoughtLength(text: string, close: string): number {
  const at = text.indexOf(close);
  if (at >= 0) return at;
  let open = Math.min(close.length - 1, text.length);
  while (open > 0 && !close.startsWith(text.slice(-open))) open--;
  return text.length - open;
}
