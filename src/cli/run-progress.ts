// Progress of `distillate run`, on the standard error: the model's way onto the machine, then record by record.
import { SingleBar } from "cli-progress";
import type { BatchProgress } from "../index.js";
import { createModelProgress } from "./byte-progress.js";
import { formatDuration } from "./units.js";

export interface RunProgress {
  update(progress: BatchProgress): void;
  stop(): void;
}

export const noRunProgress: RunProgress = { update() {}, stop() {} };

/** `terminal`: whether bars may be drawn; otherwise there are plain lines. */
export function createRunProgress(totalRecords: number, terminal: boolean): RunProgress {
  const records = terminal ? createRecordBar(totalRecords) : createRecordLines(totalRecords);
  const model = createModelProgress(terminal, () => records.pause());
  return {
    update(progress) {
      if (progress.type === "record-finish") {
        // Of several records in work one may fail before the model is there.
        records.finish(progress, model.isShown);
      } else if (progress.type === "record-progress" && progress.progress.type === "model-progress") {
        model.update(progress.progress);
      } else if (progress.type === "record-progress") {
        model.stop();
        records.begin();
      }
    },
    stop() {
      model.stop();
      records.stop();
    },
  };
}

interface RecordProgress {
  /** The model is there and records are in work. Called again and again. */
  begin(): void;
  /** Leaves the terminal to something else. */
  pause(): void;
  /** @param isPaused whether something else has the terminal. */
  finish(record: Extract<BatchProgress, { type: "record-finish" }>, isPaused: boolean): void;
  stop(): void;
}

function createRecordBar(total: number): RecordProgress {
  const bar = new SingleBar({
    format: "{value} of {total} records [{bar}] {failed} failed, {eta_formatted} left",
    stream: process.stderr,
    barsize: 20,
    hideCursor: true,
    noTTYOutput: false,
    linewrap: false,
  });
  let done = 0;
  let failed = 0;
  const begin = (): void => {
    if (!bar.isActive) bar.start(total, done, { failed });
  };
  return {
    begin,
    pause: () => bar.isActive && bar.stop(),
    finish({ ok }, isPaused) {
      done += 1;
      if (!ok) failed += 1;
      if (isPaused) return;
      begin();
      bar.update(done, { failed });
    },
    stop: () => bar.stop(),
  };
}

function createRecordLines(total: number): RecordProgress {
  let done = 0;
  return {
    begin() {},
    pause() {},
    finish({ source, ok, ms }) {
      done += 1;
      process.stderr.write(`${done}/${total} ${source} ${ok ? "ok" : "failed"} ${formatDuration(ms / 1000)}\n`);
    },
    stop() {},
  };
}
