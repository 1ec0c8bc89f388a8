// Loads native libraries, after making calls on worker threads large enough a stack: GPU drivers compile on it.
import koffi, { type LibraryHandle } from "koffi";

/** koffi's usual 128 KiB overflow in drivers. */
const STACK_BYTES = 2 << 20;

/** @param path Null stands for what the process has loaded already. */
export function loadNative(path: string | null): LibraryHandle {
  hasDriverStacks();
  return koffi.load(path);
}

/** Whether drivers have room on worker threads; koffi takes no other size once a library is loaded, be it another module's. */
export function hasDriverStacks(): boolean {
  if ((koffi.config().async_stack_size ?? 0) >= STACK_BYTES) return true;
  try {
    koffi.config({ async_stack_size: STACK_BYTES });
    return true;
  } catch {
    return false;
  }
}
