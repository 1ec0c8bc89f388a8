// Prefixes that are kept on disk for one model: which there are, which one a prompt begins with. `prefix-file.ts` reads and writes them.
import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { prefixesRoot } from "../checkpoint/converted-folder.js";
import { withStorageErrors } from "../checkpoint/source/disk-space.js";
import type { AttentionPolicy } from "../forward/sparse/attention-policy.js";
import type { EngineListener } from "../observation/log-event.js";
import { commonLength, type KeptRows, SHORTEST_SHARED_TOKENS } from "./kept-rows.js";
import type { KvRows } from "./kv-buffer.js";
import { DRAFT_SUFFIX, type PrefixEntry, type PrefixFault, readEntry, readRows, type RowForm, writePrefix } from "./prefix-file.js";

const SUFFIX = ".prefix";
/** A draft that nobody has written to for so long was left by a killed process. */
const STRAY_AFTER_MS = 3_600_000;

export interface PrefixStoreOptions {
  /** The folder of `homeFolder()`. */
  home: string;
  /** Names the weights, and with them the folder: a converted model's name, which has the file's hash and the mode. */
  model: string;
  config: DecoderConfig;
  /** Of the engine's keys and values. */
  form: RowForm;
  attention: Pick<AttentionPolicy, "keep">;
  emit: EngineListener;
}

export interface KeptPrefix {
  name: string;
  path: string;
  tokenCount: number;
  sizeBytes: number;
}

export class PrefixStore {
  readonly #options: PrefixStoreOptions;
  readonly #folder: string;
  #entries: PrefixEntry[] = [];
  /** Requests at the same time share what is read for one of them. */
  readonly #reading = new Map<PrefixEntry, Promise<KvRows | undefined>>();

  private constructor(options: PrefixStoreOptions) {
    this.#options = options;
    this.#folder = join(prefixesRoot(options.home), options.model);
  }

  /** Reads the tokens of what is kept. Files of no use are removed. */
  static async open(options: PrefixStoreOptions): Promise<PrefixStore> {
    const store = new PrefixStore(options);
    const names = await readdir(store.#folder).catch(() => []);
    for (const name of names) await store.#look(join(store.#folder, name));
    return store;
  }

  /** The prefix that has most of a prompt; undefined where none is worth reading. */
  find(prompt: readonly number[]): KeptRows | undefined {
    let best: { entry: PrefixEntry; count: number } | undefined;
    for (const entry of this.#entries) {
      const count = this.#isAsComputed(entry) ? commonLength(entry.tokens, prompt, prompt.length - 1) : 0;
      if (count >= SHORTEST_SHARED_TOKENS && count > (best?.count ?? 0)) best = { entry, count };
    }
    if (!best) return undefined;
    const { entry, count } = best;
    return { count, read: () => this.#read(entry) };
  }

  /**
   * Keeps the rows of a prompt's beginning, in the place of what was kept under the same name.
   *
   * @throws DiskSpaceError where the disk is full, HomeFolderError where it may not be written to; what was kept before stays.
   */
  async keep(name: string, tokens: readonly number[], rows: KvRows): Promise<KeptPrefix> {
    const { home, model, form, attention } = this.#options;
    const keep = attention.keep(tokens.length);
    const path = join(this.#folder, `${createHash("sha256").update(JSON.stringify([name, keep, form.type])).digest("hex").slice(0, 32)}${SUFFIX}`);
    const entry = await withStorageErrors(home, () => writePrefix(path, { name, model, form, keep, tokens, rows }));
    this.#entries = [...this.#entries.filter((other) => other.path !== path), entry];
    return { name, path, tokenCount: tokens.length, sizeBytes: entry.sizeBytes };
  }

  async #look(path: string): Promise<void> {
    if (path.endsWith(DRAFT_SUFFIX)) return removeStray(path);
    if (!path.endsWith(SUFFIX)) return;
    // A file that cannot be read at all is left to whoever owns it.
    const found = await readEntry(path, this.#options).catch(() => undefined);
    if (typeof found === "object") this.#entries.push(found);
    else if (found) await this.#drop(path, found);
  }

  /** Rows that read all of what came before them are as good as any; others only where they would be computed alike. */
  #isAsComputed({ keep, tokens }: PrefixEntry): boolean {
    return keep === undefined || keep === this.#options.attention.keep(tokens.length);
  }

  #read(entry: PrefixEntry): Promise<KvRows | undefined> {
    const known = this.#reading.get(entry);
    if (known) return known;
    const reading = this.#readNow(entry).finally(() => this.#reading.delete(entry));
    this.#reading.set(entry, reading);
    return reading;
  }

  async #readNow(entry: PrefixEntry): Promise<KvRows | undefined> {
    const started = performance.now();
    const { name, tokens, sizeBytes, path } = entry;
    // Removed or made unreadable since: the request computes its prompt.
    const rows = await readRows(entry).catch(() => undefined);
    if (rows) this.#options.emit({ type: "prefix-load", name, tokens: tokens.length, sizeBytes, ms: performance.now() - started });
    else {
      this.#entries = this.#entries.filter((other) => other !== entry);
      await this.#drop(path, "damaged");
    }
    return rows;
  }

  async #drop(path: string, reason: PrefixFault): Promise<void> {
    await rm(path, { force: true }).catch(() => undefined);
    this.#options.emit({ type: "prefix-drop", path, reason });
  }
}

async function removeStray(path: string): Promise<void> {
  const modifiedMs = await stat(path).then(({ mtimeMs }) => mtimeMs, () => Infinity);
  if (Date.now() - modifiedMs > STRAY_AFTER_MS) await rm(path, { force: true }).catch(() => undefined);
}
