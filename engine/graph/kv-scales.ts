// What one step of an int8 key or value is worth: fixed numbers, of every channel its own. `forward/kv-scales/` finds them.

export interface KvScales {
  /** By layer: [kvHeads * headDim] f32 */
  keys: readonly Float32Array[];
  /** By layer: [kvHeads * headDim] f32 */
  values: readonly Float32Array[];
}

/** Those of one layer. */
export interface LayerScales {
  /** [kvHeads * headDim] f32 */
  keys: Float32Array;
  /** [kvHeads * headDim] f32 */
  values: Float32Array;
}
