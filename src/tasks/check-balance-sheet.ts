// Does a balance sheet balance? Totals are found by their labels, English or Chinese.
import type { BalanceSheet } from "../../schemas/index.js";
import type { Warning } from "../result/extraction.js";

type Item = BalanceSheet["items"][number];

const TOTAL = /^total\b|合计|总计/iu;
const TOTAL_ASSETS = /^total assets$|^资产(?:总计|合计|总额)$/iu;
const TOTAL_LIABILITIES = /^total liabilities$|^负债(?:总计|合计|总额)$/iu;
const TOTAL_EQUITY =
  /^total (?:(?:share|stock)holders[’']? |owners[’']? )?equity$|^(?:所有者|股东)权益(?:[（(]或股东权益[)）])?(?:总计|合计)$/iu;
const TOTAL_BOTH =
  /^total liabilities (?:and|&) .*equity.*$|^total equity (?:and|&) liabilities$|^负债(?:和|及|与)(?:所有者|股东)权益(?:[（(]或股东权益[)）])?(?:总计|合计)$/iu;

/** Warns of totals that differ from what they add up. Rounded statements may differ by one unit a row. */
export function checkBalanceSheet(sheet: BalanceSheet): Warning[] {
  return sheet.periods.flatMap((period, column) => [
    ...checkEquation(sheet, period, column),
    ...checkSubtotals(sheet, period, column),
  ]);
}

function checkEquation({ items, scale }: BalanceSheet, period: string, column: number): Warning[] {
  const amount = (label: RegExp): number | undefined => find(items, label)?.values[column] ?? undefined;
  const assets = amount(TOTAL_ASSETS);
  const liabilities = amount(TOTAL_LIABILITIES);
  const equity = amount(TOTAL_EQUITY);
  const parts = liabilities !== undefined && equity !== undefined ? liabilities + equity : undefined;
  const both = amount(TOTAL_BOTH) ?? parts;
  const path = `/items/${items.findIndex(({ label }) => TOTAL_ASSETS.test(label.trim()))}/values/${column}`;
  if (assets === undefined || both === undefined || Math.abs(assets - both) <= 2 * scale) return [];
  return [{ code: "SUM_MISMATCH", message: `${period}: total assets are ${assets}, liabilities and equity ${both}.`, path }];
}

/** A total row covers the rows since the total before it, or all since its section began, subtotals aside. */
function checkSubtotals({ items, scale }: BalanceSheet, period: string, column: number): Warning[] {
  const warnings: Warning[] = [];
  for (const [row, item] of items.entries()) {
    const stated = item.values[column];
    if (!TOTAL.test(item.label.trim()) || TOTAL_BOTH.test(item.label.trim()) || stated === null) continue;
    const candidates = [rowsSinceTotal(items, row), rowsOfSection(items, row)].filter((rows) => rows.length > 1);
    const sums = candidates.map((rows) => rows.reduce((sum, { values }) => sum + (values[column] ?? 0), 0));
    const close = sums.some((sum, index) => Math.abs(sum - stated) <= scale * candidates[index].length);
    if (sums.length > 0 && !close) {
      const message = `${period}: "${item.label}" is ${stated}, its rows add up to ${sums[0]}.`;
      warnings.push({ code: "SUM_MISMATCH", message, path: `/items/${row}/values/${column}` });
    }
  }
  return warnings;
}

function rowsSinceTotal(items: readonly Item[], row: number): Item[] {
  const before = items.slice(0, row);
  const lastTotal = before.findLastIndex(({ label }) => TOTAL.test(label.trim()));
  return before.slice(lastTotal + 1).filter(({ section }) => section === items[row].section);
}

function rowsOfSection(items: readonly Item[], row: number): Item[] {
  return items.slice(0, row).filter(({ section, label }) => section === items[row].section && !TOTAL.test(label.trim()));
}

function find(items: readonly Item[], label: RegExp): Item | undefined {
  return items.find((item) => label.test(item.label.trim()));
}
