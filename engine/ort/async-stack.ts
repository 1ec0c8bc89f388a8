// The stack of calls on worker threads: GPU drivers compile on it, and koffi's usual 128 KiB are too small for that.
import koffi from "koffi";

const STACK_BYTES = 2 << 20;

/** Whether calls on worker threads have room enough; koffi takes no other size once a library is loaded, be it another module's. */
export function reserveAsyncStack(): boolean {
  if ((koffi.config().async_stack_size ?? 0) >= STACK_BYTES) return true;
  try {
    koffi.config({ async_stack_size: STACK_BYTES });
    return true;
  } catch {
    return false;
  }
}
