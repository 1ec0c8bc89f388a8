// How the blocks that a pass reads are shared out among the layers: few of them look for single places far back.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";

export interface LayerShares {
  /** Shares of the levels, as parts of one another. */
  weights: readonly number[];
  /** By layer: an index into `weights`. */
  levels: readonly number[];
}

/**
 * By layers and width of a model, for each layer: what it reads where all together read a quarter, in percent of the
 * blocks. From how far each layer's output strays at a given share, on an encyclopedia and on contracts of
 * 8,192 tokens; halfway back to equal shares, since layers that stray little are needed to find single places.
 */
const MEASURED: Readonly<Record<string, readonly number[]>> = {
  // Qwen2.5 0.5B
  "24x896": [20, 20, 20, 31, 20, 23, 20, 20, 20, 45, 20, 45, 20, 31, 20, 20, 45, 20, 20, 20, 23, 23, 31, 23],
  // Qwen2.5 1.5B
  "28x1536": [20, 20, 25, 20, 30, 20, 38, 20, 38, 25, 20, 20, 30, 20, 38, 20, 20, 25, 20, 38, 20, 20, 20, 20, 25, 30, 30, 25],
};

/** Layers of a model that was not measured read alike. */
export function layerShares({ layerCount, hiddenSize }: DecoderConfig): LayerShares {
  const shares = MEASURED[`${layerCount}x${hiddenSize}`] ?? Array.from({ length: layerCount }, () => 1);
  const weights = [...new Set(shares)];
  return { weights, levels: shares.map((share) => weights.indexOf(share)) };
}

/** By level, at most 1 each, so that all layers together read the share `keep`. */
export function sharesOf({ weights, levels }: LayerShares, keep: number): number[] {
  const shares = weights.map(() => 1);
  let left = keep * levels.length;
  let leftWeight = levels.reduce((sum, level) => sum + weights[level], 0);
  // The widest first: what one cannot take is left to the others.
  for (const level of [...weights.keys()].toSorted((a, b) => weights[b] - weights[a])) {
    const layerCount = levels.filter((at) => at === level).length;
    shares[level] = Math.min(1, (left * weights[level]) / leftWeight);
    left -= shares[level] * layerCount;
    leftWeight -= weights[level] * layerCount;
  }
  return shares;
}
