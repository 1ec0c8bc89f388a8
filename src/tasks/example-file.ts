// The solved records of a ready task; they lie beside its templates.
import type { Language } from "../input/document.js";
import { readTemplate } from "../prompt/template.js";
import type { Example } from "../task-definition.js";

/** `finance/invoice` reads `templates/finance/invoice.en.examples.json`. */
export function exampleFile(name: string): (language: Language) => readonly Example[] {
  return (language) => JSON.parse(readTemplate(`${name}.${language}.examples.json`)) as Example[];
}
