export interface ForcedRun {
  ids: number[];
  isCanonical: boolean;
}

export function forcedRuns(
  reply: { text: string; tokens: readonly { id: number; isForced: boolean }[] },
  tokenizer: { encode(text: string): number[]; tokenBytes: readonly (Uint8Array | undefined)[] },
): ForcedRun[];
