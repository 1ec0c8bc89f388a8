// The library to compare with, from the Python package index, kept in the user's cache folder; no dependency of the package.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeTokenizer } from "./peer-tokenizer.mjs";

export const PEER_VERSION = "1.9.1";
const script = fileURLToPath(new URL("llguidance.py", import.meta.url));

/** The command that runs llguidance on a folder of `writeWork`. Ends the process with 2 where it cannot be had. */
export async function preparePeer(folder, metadata, cacheFolder) {
  const python = findPython();
  const packages = join(cacheFolder, "bench", `llguidance-${PEER_VERSION}`);
  if (!existsSync(join(packages, "llguidance"))) install(python, packages);
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(describeTokenizer(metadata)));
  return [python, script, folder, packages];
}

function findPython() {
  const python = ["python3", "python"].find((name) => spawnSync(name, ["-m", "pip", "--version"]).status === 0);
  return python ?? giveUp("Python 3 with pip was not found.");
}

function install(python, packages) {
  const wanted = `llguidance==${PEER_VERSION}`;
  console.log(`Fetching ${wanted} into ${packages}`);
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--target", packages];
  const run = spawnSync(python, ["-m", "pip", "install", ...options, wanted], { encoding: "utf8" });
  if (run.status !== 0) giveUp(`pip could not install ${wanted}:\n${run.stderr.trim()}`);
}

function giveUp(problem) {
  console.error(`${problem}\nThis benchmark compares with llguidance, a Python package. Leave the comparison out with --no-peer.`);
  process.exit(2);
}
