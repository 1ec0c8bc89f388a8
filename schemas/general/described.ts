// Descriptions in both prompt languages; src/prompt/field-lines.ts writes them beside the field's name.
import type { z } from "zod";

/** Says what a field holds, in the words the model reads: English, and Chinese for Chinese prompts. */
export function described<Schema extends z.ZodType>(schema: Schema, en: string, zh: string): Schema {
  return schema.meta({ ...schema.meta(), description: en, "x-description-zh": zh }) as Schema;
}
