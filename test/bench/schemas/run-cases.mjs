// Sends cases to an engine's process, one at a time; a process that dies or takes too long is counted, and another goes on.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const CASE_LIMIT_MS = 15_000;

/**
 * One answer for each of `indices`, `{ error }` where the process came to grief, and memory at the start and the end.
 * `command` starts the process: the program and its arguments.
 */
export async function runCases(command, indices, onAnswer = () => {}) {
  const answers = [];
  let worker;
  let first;
  for (const index of indices) {
    worker ??= new EngineProcess(command);
    first ??= await worker.ready;
    await worker.ready;
    const answer = await worker.ask(index, CASE_LIMIT_MS);
    answers.push(answer);
    onAnswer(answer, index);
    if (worker.hasEnded) worker = undefined;
  }
  const last = worker && (await worker.ask("memory"));
  worker?.end();
  const peakMiB = Math.max(...answers.map(({ rssMiB }) => rssMiB ?? 0));
  return { answers, memory: { start: first, end: last, peakMiB } };
}

class EngineProcess {
  hasEnded = false;
  #process;
  #complaints = "";
  /** Settles the answer that is waited for. */
  #settle;

  constructor([program, ...programArguments]) {
    this.#process = spawn(program, programArguments, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.on("data", (data) => (this.#complaints = (this.#complaints + data).slice(-2000)));
    this.#process.stdin.on("error", () => {});
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#settle?.(JSON.parse(line)));
    this.#process.on("error", (error) => this.#fail(error.message));
    this.#process.on("close", (code, signal) => this.#fail(`The process ended with ${code ?? signal}. ${this.#complaints}`));
    this.ready = new Promise((resolve, reject) => {
      this.#settle = (answer) => (answer.error ? reject(new Error(answer.error)) : resolve(answer));
    });
  }

  async ask(request, limitMs = 60_000) {
    if (this.hasEnded) return { error: `The process ended. ${this.#complaints}` };
    const answer = new Promise((resolve) => (this.#settle = resolve));
    const timer = setTimeout(() => {
      this.#fail(`No answer within ${limitMs / 1000} s.`);
      this.#process.kill("SIGKILL");
    }, limitMs);
    this.#process.stdin.write(`${request}\n`);
    return answer.finally(() => clearTimeout(timer));
  }

  end() {
    this.hasEnded = true;
    this.#process.stdin.end();
  }

  #fail(reason) {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.#settle?.({ error: reason });
  }
}
