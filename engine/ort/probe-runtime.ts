// Says whether ONNX Runtime can be loaded here, for `distillate doctor`.

export type RuntimeProbe =
  | { ok: true; version: string; libraryPath: string }
  | { ok: false; error: unknown };

/** Loads the library and asks for its version; never throws. */
export async function probeRuntime(): Promise<RuntimeProbe> {
  try {
    const [{ findLibrary }, { OrtApi }] = await Promise.all([import("./library.js"), import("./api.js")]);
    const libraryPath = findLibrary();
    return { ok: true, version: new OrtApi(libraryPath).version, libraryPath };
  } catch (error) {
    return { ok: false, error };
  }
}
