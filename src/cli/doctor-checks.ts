// What `distillate doctor` looks at: one function a line of the report.
import { execFile } from "node:child_process";
import { access, constants, mkdir, stat, statfs } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { promisify } from "node:util";
import { formatBytes } from "./units.js";

export type Sdk = typeof import("../index.js");

export interface Finding {
  title: string;
  /** `warn`: works with limits; `fail`: something needed does not work. */
  status: "ok" | "warn" | "fail";
  detail: string;
  /** What to do about it. */
  advice?: string;
}

export type Check = (sdk: Sdk) => Promise<Finding>;

/** Resident size over the size of the model's file, with room for the cache of a long record. */
const memoryPerFileByte = 2.5;
const hubTimeoutMs = 5000;

const checkNode: Check = async () => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    title: "Node.js",
    status: fits ? "ok" : "fail",
    detail: `${process.version} on ${platform()}/${arch()}`,
    ...(!fits && { advice: "Install Node.js 20.19 or later." }),
  };
};

const checkRuntime: Check = async ({ probeRuntime }) => {
  const probe = await probeRuntime();
  if (probe.ok) {
    return { title: "ONNX Runtime", status: "ok", detail: `${probe.version}, called through koffi (${probe.libraryPath})` };
  }
  return {
    title: "ONNX Runtime",
    status: "fail",
    detail: probe.error instanceof Error ? probe.error.message : String(probe.error),
    advice: "Install again with optional dependencies, or set DISTILLATE_ORT_LIB to a libonnxruntime of this machine.",
  };
};

const checkCpu: Check = async () => {
  const [first] = cpus();
  return { title: "Devices", status: "ok", detail: `cpu: ${availableParallelism()} threads, ${first?.model.trim() ?? "unknown model"}` };
};

export interface UsualModel {
  /** Catalogue id or path. */
  name: string;
  /** Undefined where no such model is known, or nobody has said how large it is. */
  sizeBytes: number | undefined;
  /** Undefined where it is not on this machine. */
  path: string | undefined;
  isKnown: boolean;
}

/** The model of a run that names none. */
export async function usualModel({ defaultModelId, listModels }: Sdk): Promise<UsualModel> {
  const name = process.env.DISTILLATE_MODEL || defaultModelId;
  const listed = (await listModels()).find(({ id }) => id === name);
  if (listed) return { name, sizeBytes: listed.sizeBytes, path: listed.path, isKnown: true };
  const sizeBytes = await stat(name).then((file) => file.size, () => undefined);
  return { name, sizeBytes, path: sizeBytes === undefined ? undefined : name, isKnown: sizeBytes !== undefined };
}

const checkMemory: Check = async (sdk) => {
  const model = await usualModel(sdk);
  const neededBytes = (model.sizeBytes ?? 0) * memoryPerFileByte;
  const freeBytes = process.availableMemory();
  const fits = freeBytes >= neededBytes;
  return {
    title: "Memory",
    status: fits ? "ok" : "warn",
    detail: `${formatBytes(freeBytes)} free of ${formatBytes(totalmem())}; ${model.name} needs about ${formatBytes(neededBytes)}`,
    ...(!fits && { advice: "Close other programs, or use a smaller model: DISTILLATE_MODEL=qwen2.5-coder-0.5b-instruct." }),
  };
};

const checkModels: Check = async (sdk) => {
  const present = (await sdk.listModels()).filter(({ path }) => path !== undefined).map(({ id }) => id);
  const { name, path, isKnown } = await usualModel(sdk);
  const detail = present.length > 0 ? `here: ${present.join(", ")}` : "none here";
  if (!isKnown) {
    const advice = "DISTILLATE_MODEL names no model: set it to an id of `distillate models list` or to the path of a GGUF file.";
    return { title: "Models", status: "fail", detail: `${detail}; no model ${name}`, advice };
  }
  if (path) return { title: "Models", status: "ok", detail };
  return { title: "Models", status: "warn", detail, advice: `The first run fetches one, or: distillate models pull ${name}` };
};

const checkFolder: Check = async (sdk) => {
  const folder = sdk.homeFolder();
  const title = "Cache folder";
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const model = await usualModel(sdk);
    // The file and the converted weights.
    const neededBytes = model.path === undefined ? 2.3 * (model.sizeBytes ?? 0) : 0;
    const fits = bavail * bsize >= neededBytes;
    return {
      title,
      status: fits ? "ok" : "fail",
      detail: `${folder}, ${formatBytes(bavail * bsize)} free`,
      ...(!fits && { advice: `${model.name} needs ${formatBytes(neededBytes)}; free some space or set DISTILLATE_HOME.` }),
    };
  } catch (error) {
    const detail = `${folder} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    return { title, status: "fail", detail, advice: "Set DISTILLATE_HOME to a folder that you may write to." };
  }
};

const checkSources: Check = async () => {
  const endpoint = (process.env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
  const [hub, python] = await Promise.all([reachHub(endpoint), findPip()]);
  const detail = `model hub ${endpoint} ${hub}; ${python ?? "no Python with pip"} for the fall-back`;
  const reachable = hub === "reachable";
  return {
    title: "Model sources",
    status: reachable || python ? "ok" : "warn",
    detail,
    ...(!reachable && !python && { advice: "Set HF_ENDPOINT to a mirror, install Python 3 with pip, or copy a GGUF file here and pass its path as --model." }),
  };
};

/** "reachable", or why not. */
async function reachHub(endpoint: string): Promise<string> {
  try {
    const response = await fetch(`${endpoint}/api/models?limit=1`, { method: "HEAD", signal: AbortSignal.timeout(hubTimeoutMs) });
    return response.ok ? "reachable" : `answered ${response.status}`;
  } catch (error) {
    const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return `not reachable (${inner instanceof Error ? inner.message || inner.name : String(inner)})`;
  }
}

async function findPip(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("python3", ["-m", "pip", "--version"]);
    return stdout.split(" from ")[0].trim();
  } catch {
    return undefined;
  }
}

export const checks: readonly Check[] = [checkNode, checkRuntime, checkCpu, checkMemory, checkModels, checkFolder, checkSources];
