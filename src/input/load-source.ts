// From what a caller may hand in to decoded text: content, bytes, a file, or structured data.
// `read-document.ts` picks a reader for it.
import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { EmptyInputError } from "../error/input/empty-input-error.js";
import { InputError } from "../error/input/input-error.js";
import { InputTooLargeError } from "../error/input/input-too-large-error.js";
import type { RecordInput } from "../task-types.js";
import { decodeBytes } from "./decode-bytes.js";

export interface LoadedSource {
  source: string;
  /** The path it was read from. */
  name?: string;
  /** Whether it was given as data, not as text. */
  origin: "text" | "data";
}

/** @throws InputError, EmptyInputError, InputTooLargeError */
export async function loadSource(input: RecordInput<unknown>, maxChars: number): Promise<LoadedSource> {
  const loaded = await load(input, maxChars);
  // A byte-order mark is no content, whoever left it there.
  const source = loaded.source.startsWith("\ufeff") ? loaded.source.slice(1) : loaded.source;
  if (source.length > maxChars) {
    throw new InputTooLargeError(`The input has ${source.length.toLocaleString("en")} characters`, maxChars);
  }
  if (source.trim() === "") throw new EmptyInputError(loaded.name);
  return { ...loaded, source };
}

async function load(input: RecordInput<unknown>, maxChars: number): Promise<LoadedSource> {
  if (typeof input === "string") {
    if (input.length <= maxChars && input.includes("\0")) {
      throw new InputError("The input is no text: it has NUL characters", {
        rawText: input, hint: "Pass a file's bytes or its path, not bytes turned into a string.",
      });
    }
    return { source: input, origin: "text" };
  }
  if (input instanceof ArrayBuffer) return { source: decode(new Uint8Array(input), maxChars), origin: "text" };
  if (ArrayBuffer.isView(input)) {
    const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    return { source: decode(bytes, maxChars), origin: "text" };
  }
  if (input instanceof URL) return loadFile(pathOf(input), maxChars);
  if (isPathRecord(input)) return loadFile(input.path, maxChars);
  return { source: stringify(input), origin: "data" };
}

/** Only `{ path }` alone is a file: a record may well have a path among other fields. */
function isPathRecord(input: unknown): input is { path: string } {
  return typeof input === "object" && input !== null && "path" in input && typeof input.path === "string"
    && Object.keys(input).length === 1;
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InputError(`Cannot read ${url.href}: only file: URLs are read`, {
      cause, hint: "Fetch it first and pass its bytes.",
    });
  }
}

async function loadFile(path: string, maxChars: number): Promise<LoadedSource> {
  let bytes: Uint8Array;
  try {
    const info = await stat(path);
    if (!info.isFile()) {
      throw new InputError(`Cannot read ${path}: it is ${info.isDirectory() ? "a folder" : "no regular file"}`, {
        hint: "Pass the path of one file.",
      });
    }
    refuseTooLarge(info.size, maxChars);
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof InputError || cause instanceof InputTooLargeError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = { ENOENT: "there is no such file", EACCES: "permission denied" };
    throw new InputError(`Cannot read ${path}: ${reasons[code ?? ""] ?? (cause as Error).message}`, {
      cause, hint: "Check the path and its permissions.",
    });
  }
  return { source: decode(bytes, maxChars), name: path, origin: "text" };
}

function decode(bytes: Uint8Array, maxChars: number): string {
  refuseTooLarge(bytes.length, maxChars);
  return decodeBytes(bytes);
}

/** No encoding read here spends more than 4 bytes on a UTF-16 unit, so that this is surely too much. */
function refuseTooLarge(sizeBytes: number, maxChars: number): void {
  if (sizeBytes > 4 * maxChars) {
    throw new InputTooLargeError(`The input has ${sizeBytes.toLocaleString("en")} bytes`, maxChars);
  }
}

function stringify(data: unknown): string {
  const hint = "Pass text, bytes, a path, or plain JSON data.";
  if (typeof data !== "object" || data === null) {
    throw new InputError(`Cannot read ${data === null ? "null" : `a value of type ${typeof data}`} as a record`, { hint });
  }
  let source: string | undefined;
  try {
    source = JSON.stringify(data, null, 2);
  } catch (cause) {
    throw new InputError(`The data cannot be written as JSON: ${(cause as Error).message.split("\n")[0]}`, { cause, hint });
  }
  const prototype: unknown = Object.getPrototypeOf(data);
  const isPlain = prototype === Object.prototype || prototype === null || Array.isArray(data);
  // A Map, a Promise or a stream turns into {} and would be lost without a word.
  if (source === undefined || (source === "{}" && !isPlain)) {
    throw new InputError("The data holds nothing that JSON can carry", { hint });
  }
  return source;
}
