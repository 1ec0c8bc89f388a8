// One engine in a process of its own, told by messages what to run and timed inside; `start-side.mjs` is the other end.
import { readFileSync } from "node:fs";

const OPENERS = {
  distillate: async () => (await import("./our-side.mjs")).openOurSide,
  "llama.cpp": async () => (await import("./their-side.mjs")).openTheirSide,
};

/** Of this process, in MiB; peaks include loading. Only Linux tells anonymous memory apart from mapped files. */
function memory() {
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  if (process.platform !== "linux") return { rssMiB, peakMiB };
  const status = readFileSync("/proc/self/status", "utf8");
  return { rssMiB, peakMiB, anonymousMiB: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)[1]) / 1024 };
}

const [name, options] = process.argv.slice(2);
const open = await OPENERS[name]();
const side = { memory, cpu: () => process.cpuUsage(), ...(await open(JSON.parse(options))) };
/** Since the process began. */
const readyMs = performance.now();

process.on("message", async ({ id, what, details }) => {
  try {
    process.send({ id, answer: await side[what](details) });
  } catch (error) {
    process.send({ id, error: String(error.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: { readyMs, ...memory() } });
