// Text that a prompt needs in its own language: given once, per language, or read when it is wanted.
import type { Language } from "../input/document.js";

export type LocalizedText = string | Readonly<Record<Language, string>> | ((language: Language) => string);

export function localize(text: LocalizedText, language: Language): string {
  if (typeof text === "function") return text(language);
  return typeof text === "string" ? text : text[language];
}
