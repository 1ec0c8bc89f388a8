import { defineConfig } from "vitest/config";

// Tests on real weights need most of the machine: one file at a time, each in a process of its own.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
