// Jinja templates: reads the package's own and renders any.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Template } from "@huggingface/jinja";
import { TemplateError } from "../error/template-error.js";
import type { Language } from "../input/document.js";

/** The text of a file below templates/, which ships with the package. */
export function readTemplate(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`#templates/${name}`), "utf8");
}

/** A task's own template, in the language that is asked for: `legal/contract` reads `legal/contract.en.jinja`. */
export function templateFile(name: string): (language: Language) => string {
  return (language) => readTemplate(`${name}.${language}.jinja`);
}

/** Values are inserted as they are; braces and percent signs within them have no meaning. Throws a TemplateError. */
export function renderTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  try {
    return new Template(template).render({ ...values });
  } catch (cause) {
    const start = template.trim().slice(0, 60);
    throw new TemplateError(`The template "${start}" cannot be rendered: ${(cause as Error).message}.`, {
      cause,
      hint: "Templates are Jinja and know input, document, language and advice.",
    });
  }
}
