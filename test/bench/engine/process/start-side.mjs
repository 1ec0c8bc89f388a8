// The near end of a side of the comparison: starts it in a process of its own, asks it, ends it; and a process that only burns a core.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const OURS = "distillate";
export const THEIRS = "llama.cpp";

const processPath = fileURLToPath(new URL("side-process.mjs", import.meta.url));

/** Starts an engine with what its side takes as options, and waits until it can be asked. */
export async function startSide(name, options) {
  const child = fork(processPath, [name, JSON.stringify(options)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const side = new Side(name, child);
  side.start = await side.ready;
  return side;
}

/** Runs `work` with the sides, and ends them whatever comes of it. */
export async function withSides(starting, work) {
  const sides = [];
  try {
    for (const [name, options] of starting) sides.push(await startSide(name, options));
    return await work(...sides);
  } finally {
    for (const side of sides) await side.close();
  }
}

class Side {
  #child;
  #waiting = new Map();
  #nextId = 0;

  constructor(name, child) {
    this.name = name;
    this.#child = child;
    this.ready = new Promise((resolve, reject) => {
      child.on("message", (message) => (message.ready ? resolve(message.ready) : this.#settle(message)));
      child.once("exit", (code, signal) => {
        const failure = new Error(`${name} ended with ${signal ?? `exit code ${code}`}`);
        reject(failure);
        for (const { reject: rejectAnswer } of this.#waiting.values()) rejectAnswer(failure);
      });
    });
  }

  ask(what, details = {}) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, what, details });
    });
  }

  async close() {
    if (!this.#child.connected) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }

  #settle({ id, answer, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(`${this.name}: ${error}`));
  }
}

/** Runs `work` while another process keeps one core busy. */
export async function besideBurner(work) {
  const burner = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
  await once(burner, "spawn");
  try {
    return await work();
  } finally {
    burner.kill("SIGKILL");
    await once(burner, "exit");
  }
}
