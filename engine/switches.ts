// What makes the engine fast, each to be turned off: for measurements and differential tests of what it buys.

export interface EngineSwitches {
  /** Requests take over what others computed of their prompt, and branch off the same tree. */
  sharing: boolean;
  /** One pass computes what several requests ask for. */
  packing: boolean;
  /** Tokens that the format leaves no choice about are written without asking the model. */
  forced: boolean;
  /** Tokens that repeat the source or an earlier reply are tried ahead. */
  drafts: boolean;
}

export const ALL_ON: EngineSwitches = { sharing: true, packing: true, forced: true, drafts: true };
