// Marks the fields that tell the items of a list apart.
import type { z } from "zod";

/** Items of two samples with the same key are one item; the vote then goes field by field within it. */
export function key<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), "x-key": true }) as Schema;
}
