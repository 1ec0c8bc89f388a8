// Balance sheets: Markdown tables, CSV or text. The model copies amounts; code gives them sign and scale.
import {
  balanceSheetAnswerSchema,
  balanceSheetSchema,
  type BalanceSheet,
  type BalanceSheetAnswer,
} from "../../schemas/index.js";
import { templateFile } from "../prompt/template.js";
import type { NormalizedAnswer } from "../task-definition.js";
import { defineTask } from "../task.js";
import { checkBalanceSheet } from "./check-balance-sheet.js";
import { exampleFile } from "./example-file.js";
import { createPrintedReader } from "./read-printed.js";

/** Reads a balance sheet into rows of numbers, in whole units of its currency. Warns where totals do not add up. */
export const parseBalanceSheet = defineTask({
  name: "parseBalanceSheet",
  description: "Reads a balance sheet (Markdown table, CSV, text) into periods and rows of amounts.",
  output: balanceSheetSchema,
  answer: { schema: balanceSheetAnswerSchema, normalize: normalizeBalanceSheet },
  template: templateFile("finance/balance-sheet"),
  examples: exampleFile("finance/balance-sheet"),
  maxTokens: 4096,
  // The sums judge the amounts better than a second copy of the table would.
  readings: 1,
  check: checkBalanceSheet,
});

function normalizeBalanceSheet(answer: BalanceSheetAnswer): NormalizedAnswer<BalanceSheet> {
  const read = createPrintedReader();
  const scale = scaleOf(answer.unit);
  const items = answer.items.map(({ label, section, values }, row) => ({
    label,
    section,
    values: answer.periods.map((_, column) => {
      const amount = read.number(values[column] ?? null, `/items/${row}/values/${column}`);
      return amount === null ? null : scaled(amount, scale);
    }),
  }));
  const warnings = answer.items.flatMap(({ label, values }, row) =>
    values.length === answer.periods.length
      ? []
      : [{ code: "COLUMN_MISMATCH", message: `"${label}" has ${values.length} amounts for ${answer.periods.length} periods.`, path: `/items/${row}/values` }],
  );
  const { company, currency, unit, periods } = answer;
  return {
    data: { company, currency, unit, periods, scale, items },
    evidence: { "/scale": "/unit" },
    warnings: [...read.warnings, ...warnings],
  };
}

/** Longest words first: 百万 holds 万. */
const SCALES: readonly (readonly [RegExp, number])[] = [
  [/百万|millions?\b|\bmio\b|\bmn\b|\bm\b/iu, 1e6],
  [/十亿|billions?\b|\bbn\b/iu, 1e9],
  [/亿/u, 1e8],
  [/万/u, 1e4],
  [/千|thousands?\b|\btsd\b|\bk\b|['’]000|,000|\b000s?\b/iu, 1e3],
];

function scaleOf(unit: string | null): number {
  return SCALES.find(([words]) => unit !== null && words.test(unit))?.[1] ?? 1;
}

/** Free of the noise of binary fractions: 18.4 million is 18,400,000. */
function scaled(amount: number, scale: number): number {
  return Number((amount * scale).toPrecision(15));
}
