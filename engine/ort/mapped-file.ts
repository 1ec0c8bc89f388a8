// A file's bytes at an address that native code can read, without taking memory of their own where the system maps files.
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import koffi from "koffi";
import { RuntimeError } from "../error/runtime-error.js";
import { loadNative } from "./native-library.js";

const PROT_READ = 1;
const MAP_SHARED = 1;
const MADV_DONTNEED = 4;
/** MAP_FAILED, (void *) -1. */
const MAP_FAILED = 2n ** 64n - 1n;

export interface MappedFile {
  /** Of the first byte; later ones follow it. */
  readonly address: bigint;
  readonly sizeBytes: number;
  /** Takes the pages out of resident memory; whoever reads them next gets them from the page cache. */
  dropPages(): void;
  close(): void;
}

/** @throws RuntimeError where the file cannot be mapped. */
export function mapFile(path: string): MappedFile {
  return process.platform === "win32" ? readWhole(path) : mapPages(path);
}

function mapPages(path: string): MappedFile {
  const libc = loadNative(null);
  const mmap = libc.func("mmap", "void *", ["void *", "size_t", "int", "int", "int", "int64_t"]);
  const madvise = libc.func("madvise", "int", ["void *", "size_t", "int"]);
  const munmap = libc.func("munmap", "int", ["void *", "size_t"]);
  const file = openSync(path, "r");
  try {
    const sizeBytes = fstatSync(file).size;
    const address = BigInt(mmap(null, sizeBytes, PROT_READ, MAP_SHARED, file, 0) as bigint);
    if (address === MAP_FAILED) throw new RuntimeError(`Cannot map ${path} into memory.`);
    return {
      address,
      sizeBytes,
      dropPages: () => void madvise(address, sizeBytes, MADV_DONTNEED),
      close: () => void munmap(address, sizeBytes),
    };
  } finally {
    closeSync(file);
  }
}

/** Windows would map files through other calls; a copy costs the file's size once. */
function readWhole(path: string): MappedFile {
  let bytes: Uint8Array | undefined = readFileSync(path);
  return {
    address: BigInt(koffi.address(bytes)),
    sizeBytes: bytes.length,
    dropPages: () => undefined,
    close: () => (bytes = undefined),
  };
}
