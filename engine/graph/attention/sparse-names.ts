// Names of the inputs and outputs of a slot that attends to chosen blocks, for whoever binds them.

export function sparseNames(slot: number) {
  const prefix = `slots.${slot}.sparse`;
  return {
    /** [new rows, kvHeads, 3] i64: where the cache takes the new rows, as (0, head, row). */
    rowCells: `${prefix}_row_cells`,
    /** [groups] i64: groups of keys to summarize. */
    groups: `${prefix}_groups`,
    /** [kvHeads, groups, 2] i64: where their summaries go, as (head, group). */
    groupCells: `${prefix}_group_cells`,
    /** [kvHeads, 1] i64: the first row of each head there. */
    headStart: `${prefix}_head_start`,
    /** [4] i64: kvHeads, new rows, heads of a group, -1. */
    shareShape: `${prefix}_share_shape`,
    /** [1], as keys and values: what scores are multiplied with. */
    scale: `${prefix}_scale`,
    /** [kvHeads, capacity / 16, headDim], past and present the same tensor */
    pastSummary: (layer: number) => `slots.${slot}.past_summary.${layer}`,
    presentSummary: (layer: number) => `slots.${slot}.present_summary.${layer}`,
    level: (level: number) => levelNames(`${prefix}_level_${level}`),
  };
}

export type LevelNames = ReturnType<typeof levelNames>;

/** Of layers that read as much as each other: see `layer-shares.ts`. */
function levelNames(prefix: string) {
  return {
    /** [1] i64: summaries that are compared, up to the last candidate's. */
    comparedGroups: `${prefix}_compared_groups`,
    /** [comparedGroups / 4], f32 or f16 as keys and values: zero for a candidate, and lower than any share makes up for where a block is none. */
    candidateBias: `${prefix}_candidate_bias`,
    /** [1] i64: how many blocks to choose. */
    chosenCount: `${prefix}_chosen_count`,
    /** [kvHeads, always] i64: blocks that are read in any case, as rows of [kvHeads * blocks, 64 * headDim]. */
    always: `${prefix}_always`,
    /** [new rows, 1, (chosen + always) * 64], as keys and values: added to the scores. */
    mask: `${prefix}_mask`,
    /** [2] i64: new rows * heads of a group, rows read. */
    maskShape: `${prefix}_mask_shape`,
  };
}
