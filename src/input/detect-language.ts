// Chinese or English, by the letters of a text. Picks the language of a prompt.
import type { Language } from "./document.js";

const SAMPLE_CHARS = 100_000;
/** A Chinese character carries about as much as 4 Latin letters: half the content is then Chinese. */
const MIN_HAN_SHARE = 0.2;

/** "zh" where at least a fifth of the letters of its first 100,000 characters are Chinese, else "en". */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, SAMPLE_CHARS);
  const han = sample.match(/\p{Script=Han}/gu)?.length ?? 0;
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  return han > 0 && han >= letters * MIN_HAN_SHARE ? "zh" : "en";
}
