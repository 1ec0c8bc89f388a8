// One kept prefix on disk: a header in JSON, token ids, then their keys and values. `prefix-store.ts` knows which there are.
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import type { StateType } from "../ort/runtime.js";
import { createRows, kvRowBytes, type KvRows } from "./kv-buffer.js";

/** Of a file that is being written. */
export const DRAFT_SUFFIX = ".part";

/** The layout below, and what keys and values are: raise it whenever either comes out differently. */
const FORMAT = "distillate-prefix-2";
/** Bytes before the header: its length, u32 little-endian. */
const LENGTH_BYTES = 4;
const MAX_HEADER_BYTES = 1 << 16;

/** What the numbers of rows mean: rows of one form are of no use to an engine of another. */
export interface RowForm {
  type: StateType;
  /** Tells the scales of int8 rows from others. */
  scalesCrc32?: number;
}

/** u32 of the header's length, the header, u32 token ids, then [keys and values, layers, kvHeads, tokens, headSize]. */
interface Header {
  format: string;
  /** What it is the beginning of. */
  name: string;
  /** Which weights its rows come from. */
  model: string;
  form: RowForm;
  /** Share of the blocks that passes read for the last of its rows; without: all. */
  keep?: number;
  tokenCount: number;
  tokensCrc32: number;
  rowsCrc32: number;
}

export interface PrefixContents {
  name: string;
  model: string;
  form: RowForm;
  keep: number | undefined;
  tokens: readonly number[];
  rows: KvRows;
}

/** What is known of a file without its rows. */
export interface PrefixEntry {
  path: string;
  name: string;
  type: StateType;
  keep: number | undefined;
  tokens: Uint32Array;
  sizeBytes: number;
  rowsOffset: number;
  rowsCrc32: number;
}

export type PrefixFault = "damaged" | "outdated";

/** Written beside its place and renamed when complete; nothing half-written is left behind. */
export async function writePrefix(path: string, { name, model, form, keep, tokens, rows }: PrefixContents): Promise<PrefixEntry> {
  const tokenIds = Uint32Array.from(tokens);
  const checksums = { tokensCrc32: crc32(bytesOf(tokenIds)), rowsCrc32: crc32(bytesOf(rows)) };
  const header: Header = { format: FORMAT, name, model, form, keep, tokenCount: tokens.length, ...checksums };
  const encoded = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(encoded.length);
  const head = Buffer.concat([length, encoded, bytesOf(tokenIds)]);
  const draft = `${path}.${randomUUID()}${DRAFT_SUFFIX}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAll(draft, [head, bytesOf(rows)]);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return { path, name, type: form.type, keep, tokens: tokenIds, sizeBytes: head.length + rows.byteLength, rowsOffset: head.length, rowsCrc32: header.rowsCrc32 };
}

export interface PrefixReader {
  model: string;
  form: RowForm;
  config: DecoderConfig;
}

/** The header and tokens of a file, or why it is of no use to this model; undefined where it serves engines that keep rows otherwise. */
export async function readEntry(path: string, { model, form, config }: PrefixReader): Promise<PrefixEntry | PrefixFault | undefined> {
  const file = await open(path, "r");
  try {
    const length = await readBytes(file, 0, LENGTH_BYTES);
    const headerBytes = length?.readUInt32LE() ?? 0;
    const header = headerBytes <= MAX_HEADER_BYTES ? parse(await readBytes(file, LENGTH_BYTES, headerBytes)) : undefined;
    if (!header) return "damaged";
    if (header.format !== FORMAT || header.model !== model) return "outdated";
    if (header.form.type !== form.type) return undefined;
    if (header.form.scalesCrc32 !== form.scalesCrc32) return "outdated";
    const { name, keep, tokenCount, tokensCrc32, rowsCrc32 } = header;
    const tokensOffset = LENGTH_BYTES + headerBytes;
    const rowsOffset = tokensOffset + tokenCount * Uint32Array.BYTES_PER_ELEMENT;
    const sizeBytes = rowsOffset + tokenCount * kvRowBytes(config, form.type);
    if ((await file.stat()).size !== sizeBytes) return "damaged";
    const tokens = new Uint32Array(tokenCount);
    const isRead = await readInto(file, bytesOf(tokens), tokensOffset);
    if (!isRead || crc32(bytesOf(tokens)) !== tokensCrc32) return "damaged";
    return { path, name, type: form.type, keep, tokens, sizeBytes, rowsOffset, rowsCrc32 };
  } finally {
    await file.close();
  }
}

/** Undefined where they are not what was written. */
export async function readRows({ path, type, sizeBytes, rowsOffset, rowsCrc32 }: PrefixEntry): Promise<KvRows | undefined> {
  const file = await open(path, "r");
  try {
    const rows = createRows(type, sizeBytes - rowsOffset);
    const isRead = await readInto(file, bytesOf(rows), rowsOffset);
    return isRead && crc32(bytesOf(rows)) === rowsCrc32 ? rows : undefined;
  } finally {
    await file.close();
  }
}

async function writeAll(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, "w");
  try {
    for (const part of parts) await file.appendFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parse(encoded: Buffer | undefined): Header | undefined {
  try {
    const header = JSON.parse(encoded?.toString() ?? "") as Header;
    return Number.isSafeInteger(header.tokenCount) && header.tokenCount > 0 ? header : undefined;
  } catch {
    return undefined;
  }
}

async function readBytes(file: FileHandle, position: number, count: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(count);
  return (await readInto(file, bytes, position)) ? bytes : undefined;
}

/** Whether the file had as much. */
async function readInto(file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | KvRows): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
