// What the hub says about a file before it sends it, and how a failed request is told: worth another try or not.
import { SourceError } from "../../error/model/source-error.js";
import type { HubSource } from "../catalogue.js";
import { hubEndpoint } from "./source.js";

export interface HubFile {
  url: string;
  headers: Record<string, string>;
  /** In hexadecimal; undefined where the server names none. */
  sha256: string | undefined;
  sizeBytes: number | undefined;
  commit: string | undefined;
}

/** A repository that moved answers with redirects of its own before the one to the storage. */
const maxRedirects = 5;

/** Asks for the headers alone. The hub puts hash and size on its redirect to the storage, which is not followed. */
export async function fetchHubFile(source: HubSource, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<HubFile> {
  const path = [...source.repository.split("/"), "resolve", source.revision, ...source.file.split("/")];
  const url = `${hubEndpoint(env)}/${path.map(encodeURIComponent).join("/")}`;
  const token = env["HF_TOKEN"];
  // Compression would change lengths and ranges.
  const headers = { "accept-encoding": "identity", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  let target = url;
  for (let redirectCount = 0; ; redirectCount++) {
    const response = await request(target, { method: "HEAD", headers, redirect: "manual", signal }, "first-contact");
    const location = response.headers.get("location");
    const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
    const isOwn = isRedirect && new URL(location, target).origin === new URL(target).origin && !response.headers.has("x-linked-etag");
    if (!isOwn || redirectCount === maxRedirects) {
      if (!isRedirect) requireOk(response);
      return { url, headers, ...describe(response, isRedirect) };
    }
    target = new URL(location, target).href;
  }
}

function describe({ headers }: Response, isRedirect: boolean): Pick<HubFile, "sha256" | "sizeBytes" | "commit"> {
  const etag = /^(?:W\/)?"?([0-9a-f]{64})"?$/i.exec(headers.get("x-linked-etag") ?? headers.get("etag") ?? "");
  // The length of a redirect is that of its own body.
  const length = headers.get("x-linked-size") ?? (isRedirect ? null : headers.get("content-length"));
  return {
    sha256: etag?.[1].toLowerCase(),
    sizeBytes: length === null ? undefined : Number(length),
    commit: headers.get("x-repo-commit") ?? undefined,
  };
}

/** A fetch whose network errors are SourceErrors. No route at first contact ends the source; later it is a disturbance. */
export async function request(url: string, init: RequestInit, stage: "first-contact" | "transfer"): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    throw networkError(url, error, stage);
  }
}

const noRouteCodes = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ETIMEDOUT",
  "EACCES",
  "EPERM",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Undici's message is "fetch failed" or "terminated"; what happened is in the cause. */
export function networkError(url: string, error: unknown, stage: "first-contact" | "transfer"): SourceError {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  const reason = cause?.message || cause?.code || (error as Error).message;
  const isLost = stage === "first-contact" && cause?.code !== undefined && noRouteCodes.has(cause.code);
  return new SourceError(`${new URL(url).host} could not be read: ${reason}.`, { outlook: isLost ? "permanent" : "temporary", cause: error });
}

/** @throws SourceError unless the status is a success. */
export function requireOk({ status, url, ok }: Response): void {
  if (ok) return;
  const isBusy = status === 408 || status === 429 || status >= 500;
  throw new SourceError(`${new URL(url).host} answered ${status}.`, {
    outlook: isBusy ? "temporary" : "permanent",
    hint: status === 401 || status === 403 ? "Set HF_TOKEN to a token that may read the repository." : undefined,
  });
}
