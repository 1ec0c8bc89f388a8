// Every error of the package is public, has a code of its own, and is known across copies of the package.
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { expect, it } from "vitest";
import * as publicApi from "../../../src/index.js";

const names = (await Promise.all(["src/error", "engine/error"].map((folder) => readdir(folder, { recursive: true }))))
  .flat()
  .filter((file) => file.endsWith(".ts") && basename(file) !== "distillate-error.ts")
  .map((file) => basename(file, ".ts").replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()));

it("exports the class of every error file", () => {
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !(name in publicApi))).toEqual([]);
});

it("knows an error of another copy of the package, and nothing else", () => {
  const foreign = Object.assign(new Error("x"), { [Symbol.for("distillate.error")]: true });
  expect(publicApi.DistillateError.isInstance(foreign)).toBe(true);
  expect(publicApi.DistillateError.isInstance(new publicApi.EngineClosedError())).toBe(true);
  for (const other of [new Error("x"), undefined, null, "x", {}]) expect(publicApi.DistillateError.isInstance(other)).toBe(false);
});

it("tells errors of one class from those of others", () => {
  const error = new publicApi.EmptyInputError("a.txt");
  const TheOtherCopy = { EmptyInputError: class EmptyInputError extends publicApi.DistillateError { readonly code = "INPUT_EMPTY"; } };
  expect(publicApi.EmptyInputError.isInstance(error)).toBe(true);
  expect(publicApi.EmptyInputError.isInstance(new TheOtherCopy.EmptyInputError("x"))).toBe(true);
  expect(publicApi.EngineClosedError.isInstance(error)).toBe(false);
});
