// The rotary position tables that the graph takes as inputs: how long they are is the caller's choice, not the file's.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";

export interface RotaryTables {
  /** [positions, headDim / 2] f32 */
  cosines: Float32Array;
  /** [positions, headDim / 2] f32 */
  sines: Float32Array;
  shape: readonly [positions: number, pairs: number];
}

/** RoPE (Su et al. 2021): pair i turns by `position * ropeBase ^ (-2 i / headDim)`. */
export function createRotaryTables({ headSize, ropeBase }: DecoderConfig, positions: number): RotaryTables {
  const pairs = headSize / 2;
  const cosines = new Float32Array(positions * pairs);
  const sines = new Float32Array(positions * pairs);
  for (let pair = 0; pair < pairs; pair++) {
    const frequency = ropeBase ** (-pair / pairs);
    for (let position = 0; position < positions; position++) {
      cosines[position * pairs + pair] = Math.cos(position * frequency);
      sines[position * pairs + pair] = Math.sin(position * frequency);
    }
  }
  return { cosines, sines, shape: [positions, pairs] };
}
