// Floating-point operations that decoding one token takes and skips, in the whole model, by the engine's own formula.
import { openGguf } from "../../../dist/engine/checkpoint/gguf.js";
import { attentionFlops, layerFlops, wantedRowFlops } from "../../../dist/engine/forward/flops.js";
import { printTable } from "../bench-report.mjs";

/** What the default share must skip, by layers of the model and length. */
const GOALS = [
  { layerCount: 24, length: 8192, percent: 29 },
  { layerCount: 28, length: 16_384, percent: 33 },
];

export async function measureOperations({ path, lengths, keep }) {
  const checkpoint = await openGguf(path);
  const { config } = checkpoint;
  await checkpoint.close();
  const rest = layerFlops(config) + wantedRowFlops(config);
  const figures = lengths.map((length) => {
    const { computed, skipped } = attentionFlops(config, { pastLength: length - 1, tokens: [0], keep });
    return { length, computed: rest + computed, skipped, percent: (100 * skipped) / (rest + computed + skipped) };
  });
  const goals = GOALS.flatMap(({ layerCount, length, percent }) => {
    const figure = config.layerCount === layerCount && figures.find((one) => one.length === length);
    return figure ? [{ what: `operations of a decoded token skipped at ${length}, %`, value: figure.percent, relation: "at least", limit: percent }] : [];
  });
  return { figures, goals };
}

export function printOperations(figures) {
  printTable(
    ["a token decoded at", "computed, GFLOP", "skipped, GFLOP", "skipped"],
    figures.map(({ length, computed, skipped, percent }) => [length, (computed / 1e9).toFixed(3), (skipped / 1e9).toFixed(3), `${percent.toFixed(1)} %`]),
  );
}
