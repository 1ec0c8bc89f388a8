// Where models and converted weights are kept on this machine.
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * `DISTILLATE_HOME`, or the folder `distillate` in the platform's cache folder: `XDG_CACHE_HOME` or `~/.cache`,
 * `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows. The folder need not exist.
 */
export function homeFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  return env["DISTILLATE_HOME"] || join(cacheFolder(env, platform), "distillate");
}

function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  switch (platform) {
    case "darwin":
      return join(homedir(), "Library", "Caches");
    case "win32":
      return env["LOCALAPPDATA"] || join(homedir(), "AppData", "Local");
    default:
      return env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  }
}
