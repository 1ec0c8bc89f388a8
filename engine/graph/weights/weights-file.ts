// Writes the graph's large constants one after another into the file of external data.
import { open, type FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** Constants start at page borders, so that they can be mapped into memory. */
const PAGE_BYTES = 4096;

export interface WeightLocation {
  offset: number;
  sizeBytes: number;
}

export class WeightsFile {
  readonly #file: FileHandle;
  #position = 0;
  #checksum = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<WeightsFile> {
    return new WeightsFile(await open(path, "w"));
  }

  /** CRC-32 of all bytes written so far. */
  get checksum(): number {
    return this.#checksum;
  }

  get sizeBytes(): number {
    return this.#position;
  }

  async append(data: Uint8Array | Float32Array): Promise<WeightLocation> {
    await this.#write(new Uint8Array((PAGE_BYTES - (this.#position % PAGE_BYTES)) % PAGE_BYTES));
    const offset = this.#position;
    await this.#write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { offset, sizeBytes: data.byteLength };
  }

  /** Flushes to the disk: a rename that follows must not become visible before the bytes. */
  async close(): Promise<void> {
    try {
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) done += (await this.#file.write(bytes, done, bytes.length - done)).bytesWritten;
    this.#checksum = crc32(bytes, this.#checksum);
    this.#position += bytes.length;
  }
}
