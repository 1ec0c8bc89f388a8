// Marks values that are worded, computed or classified rather than copied.
import type { z } from "zod";

/** The value need not stand in the source: grounding reports it as `derived`, and it is not read a second time. */
export function derived<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), "x-derived": true }) as Schema;
}
