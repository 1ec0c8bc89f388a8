// Files that another tool on this machine already fetched from the hub: verified, then linked instead of fetched again.
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileSize, findModel, hashFile, hubSources, repositoryFolder, snapshotPaths, storeLink } from "./model-store.js";
import type { SourceContext } from "./source.js";

/** The path of the entry's file in our store, if the hub's cache (HF_HUB_CACHE, HF_HOME) has it; else undefined. */
export async function adoptFromHubCache({ entry, home, env, signal }: SourceContext): Promise<string | undefined> {
  for (const { repository, file } of hubSources(entry)) {
    const folder = join(hubCacheFolder(env), `models--${repository.replaceAll("/", "--")}`);
    for (const path of await snapshotPaths(folder, file)) {
      const blob = await realpath(path);
      // A blob of the hub's cache is named by its hash, which is all there is to go by where the catalogue knows none.
      const sha256 = entry.sha256 ?? /^[0-9a-f]{64}$/.exec(basename(blob))?.[0];
      const isRightSize = entry.sizeBytes === undefined || entry.sizeBytes === (await fileSize(blob));
      if (!sha256 || !isRightSize) continue;
      // A file that may not be read is as good as none: the model is fetched.
      const actual = await hashFile(blob, signal).catch(() => signal?.throwIfAborted());
      if (actual !== sha256) continue;
      await storeLink(blob, { folder: repositoryFolder(home, repository), sha256, snapshot: basename(dirname(path)), file });
      return findModel(entry, home);
    }
  }
  return undefined;
}

function hubCacheFolder(env: NodeJS.ProcessEnv): string {
  if (env["HF_HUB_CACHE"]) return env["HF_HUB_CACHE"];
  return join(env["HF_HOME"] || join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "huggingface"), "hub");
}
