// Progress of something that is counted in bytes, on the standard error: a bar on a terminal, sparse lines elsewhere.
import { SingleBar } from "cli-progress";
import type { ModelLoadProgress } from "../index.js";
import { formatBytes, formatDuration } from "./units.js";

export interface ByteProgress {
  update(doneBytes: number, totalBytes: number | undefined): void;
  stop(): void;
}

const lineIntervalMs = 10_000;

export function createByteProgress(title: string, terminal: boolean): ByteProgress {
  const meter = createMeter();
  return terminal ? createBar(title, meter) : createLines(title, meter);
}

export interface ModelProgressView {
  readonly isShown: boolean;
  update(report: ModelLoadProgress): void;
  stop(): void;
}

const stageTitles = { download: "fetching the model", convert: "preparing the model", load: "loading the model" } as const;

/** The stages of a model's way into memory, one after another; `onStage` is called before each. */
export function createModelProgress(terminal: boolean, onStage: () => void = () => {}): ModelProgressView {
  let shown: { stage: ModelLoadProgress["stage"]; bytes: ByteProgress } | undefined;
  return {
    get isShown() {
      return shown !== undefined;
    },
    update({ stage, doneBytes, totalBytes }) {
      if (shown?.stage !== stage) {
        shown?.bytes.stop();
        onStage();
        shown = { stage, bytes: createByteProgress(stageTitles[stage], terminal) };
      }
      shown.bytes.update(doneBytes, totalBytes);
    },
    stop() {
      shown?.bytes.stop();
      shown = undefined;
    },
  };
}

type Meter = (doneBytes: number, totalBytes: number | undefined) => string;

/** Sizes, speed and time left, as averages since the first report: what was there before does not count as speed. */
function createMeter(): Meter {
  let start: { bytes: number; ms: number } | undefined;
  return (doneBytes, totalBytes) => {
    start ??= { bytes: doneBytes, ms: performance.now() };
    const seconds = (performance.now() - start.ms) / 1000;
    const speed = seconds > 0 ? (doneBytes - start.bytes) / seconds : 0;
    const size = totalBytes ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` : formatBytes(doneBytes);
    if (speed <= 0) return size;
    const left = totalBytes ? `, ${formatDuration((totalBytes - doneBytes) / speed)} left` : "";
    return `${size}, ${formatBytes(speed)}/s${left}`;
  };
}

function createBar(title: string, meter: Meter): ByteProgress {
  const bar = new SingleBar({
    format: `${title} [{bar}] {percentage} % {meter}`,
    stream: process.stderr,
    barsize: 20,
    hideCursor: true,
    noTTYOutput: false,
    linewrap: false,
    emptyOnZero: true,
  });
  bar.start(0, 0, { meter: "" });
  return {
    update(doneBytes, totalBytes) {
      bar.setTotal(totalBytes ?? 0);
      bar.update(doneBytes, { meter: meter(doneBytes, totalBytes) });
    },
    stop: () => bar.stop(),
  };
}

function createLines(title: string, meter: Meter): ByteProgress {
  let writtenMs = -Infinity;
  let last = "";
  const write = (): void => {
    if (last !== "") process.stderr.write(`${title} ${last}\n`);
    last = "";
    writtenMs = performance.now();
  };
  return {
    update(doneBytes, totalBytes) {
      last = meter(doneBytes, totalBytes);
      if (performance.now() - writtenMs > lineIntervalMs) write();
    },
    stop: write,
  };
}
