// The near end of a speed worker: starts it, asks it, ends it; and a process that only burns a core.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const workerPath = fileURLToPath(new URL("speed-worker.mjs", import.meta.url));

/** Starts one engine in a process of its own and waits until it can be asked. */
export async function startEngine(name, modelPath, threadCount) {
  const child = fork(workerPath, [name, modelPath, String(threadCount)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const engine = new SpeedProcess(name, child);
  engine.start = await engine.ready;
  return engine;
}

class SpeedProcess {
  #child;
  #waiting = new Map();
  #nextId = 0;

  constructor(name, child) {
    this.name = name;
    this.#child = child;
    this.ready = new Promise((resolve, reject) => {
      child.on("message", (message) => (message.ready ? resolve(message.ready) : this.#settle(message)));
      child.once("exit", (code) => {
        const failure = new Error(`${name} ended with exit code ${code}`);
        reject(failure);
        for (const { reject: rejectAnswer } of this.#waiting.values()) rejectAnswer(failure);
      });
    });
  }

  ask(what, details = {}) {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, what, ...details });
    });
  }

  async close() {
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
